//! What must hold after every step. Checked in release builds as well.

use std::collections::BTreeMap;

use super::{Allocation, ClientRun};
use crate::product::ProductCode;

/// What does not hold. The step that would have led there is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllocationViolation {
    /// More is counted than there is.
    #[error("{counted} licenses of {product} would be reserved, but there are only {ceiling}")]
    OverGranted {
        /// Of what.
        product: ProductCode,
        /// The sum.
        counted: u64,
        /// The most it may be.
        ceiling: u64,
    },
    /// The sums are not those of the shares.
    #[error("the sum for {product} is {kept}, but its shares add up to {found}")]
    Sum {
        /// Of what.
        product: ProductCode,
        /// As kept.
        kept: u64,
        /// As added up.
        found: u64,
    },
    /// A client was told more than is counted for it.
    #[error("a client was told {told} of {product}, but only {counted} are reserved for it")]
    Told {
        /// Of what.
        product: ProductCode,
        /// What it was told.
        told: u32,
        /// What is counted.
        counted: u32,
    },
}

impl Allocation {
    /// Whether what is given out of a product is what may be given out.
    pub(super) fn check_pool(&self, product: &ProductCode) -> Result<(), AllocationViolation> {
        let Some(pool) = self.pools.get(product) else { return Ok(()) };
        let ceiling = pool.ceiling.max(u64::from(pool.licensed.supply()));
        if pool.counted > ceiling {
            return Err(AllocationViolation::OverGranted { product: product.clone(), counted: pool.counted, ceiling });
        }
        Ok(())
    }

    /// Whether everything holds.
    ///
    /// # Errors
    /// [`AllocationViolation`] with the first thing that does not.
    pub fn check(&self) -> Result<(), AllocationViolation> {
        // Every share is looked at once: a look at every client for every product would take too long with many of
        // both.
        let mut sums: BTreeMap<&ProductCode, (u64, u64)> = BTreeMap::new();
        for (product, share) in self.runs.values().flat_map(ClientRun::shares) {
            if share.told > share.counted {
                return Err(AllocationViolation::Told {
                    product: product.clone(),
                    told: share.told,
                    counted: share.counted,
                });
            }
            let (counted, load) = sums.entry(product).or_default();
            *counted += u64::from(share.counted);
            *load += share.load();
        }
        for (product, pool) in &self.pools {
            self.check_pool(product)?;
            let (counted, load) = sums.get(product).copied().unwrap_or_default();
            for (kept, found) in [(pool.counted, counted), (pool.load, load)] {
                if kept != found {
                    return Err(AllocationViolation::Sum { product: product.clone(), kept, found });
                }
            }
        }
        Ok(())
    }
}
