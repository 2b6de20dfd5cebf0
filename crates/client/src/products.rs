//! The products a client was asked for, found by their names without a lock: that happens at every request.

use std::hash::BuildHasher;
use std::iter;
use std::sync::OnceLock;

use licensing::client_protocol::MOST_PRODUCTS;
use licensing::product::ProductCode;
use rustc_hash::FxBuildHasher;

use crate::product::Product;

/// Twice as many as there may be products, so that a free one is soon found.
const PLACES: usize = (2 * MOST_PRODUCTS).next_power_of_two();

/// Products are added and never leave.
#[derive(Debug)]
pub(crate) struct Products {
    places: Box<[OnceLock<Place>]>,
}

/// A product with its name, which is compared first.
#[derive(Debug)]
struct Place {
    code: ProductCode,
    product: Product,
}

impl Default for Products {
    fn default() -> Self {
        Self { places: iter::repeat_with(OnceLock::new).take(PLACES).collect() }
    }
}

impl Products {
    /// The places to look at for a name, in that order.
    #[inline]
    fn along(&self, code: &str) -> impl Iterator<Item = &OnceLock<Place>> {
        let first = FxBuildHasher.hash_one(code) as usize;
        (0..PLACES).map(move |step| &self.places[first.wrapping_add(step) % PLACES])
    }

    /// The product of this name.
    #[inline]
    pub fn find(&self, code: &str) -> Option<&Product> {
        let is_it = |place: &&Place| place.code.as_str().bytes().eq(code.bytes());
        self.along(code).map_while(OnceLock::get).find(is_it).map(|place| &place.product)
    }

    /// Adds a product; the one of its name when there is one already.
    pub fn add(&self, product: Product) -> Product {
        let code = product.code();
        let begin = || Place { code: code.clone(), product: product.clone() };
        let mut places = self.along(code.as_str()).map(|place| place.get_or_init(begin));
        places.find(|place| place.code == *code).map_or_else(|| product.clone(), |place| place.product.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_looked_at_all_in_turn_from_that_of_the_name() {
        let products = Products::default();
        let seen: Vec<*const OnceLock<Place>> = products.along("SPEECH").map(std::ptr::from_ref).collect();
        let mut different = seen.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!((seen.len(), different.len()), (PLACES, PLACES));
        assert!(products.find("SPEECH").is_none());
    }
}
