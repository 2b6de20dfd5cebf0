use ::node::Guid;
use ::node::licenses::Selection;
use clap::Args;
use licensing::bundle::ProductCode;

use crate::exit::Failure;

/// Which licenses: one by its id, or all of a product that a server has.
#[derive(Debug, Clone, Args)]
pub struct Select {
    /// Id of the license, such as L-7QX2MB4K
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// The same, as a flag
    #[arg(long, value_name = "ID", conflicts_with = "id")]
    license: Option<String>,
    /// GUID of the server, together with --product
    #[arg(long, value_name = "GUID", requires = "product", conflicts_with_all = ["id", "license"])]
    server: Option<Guid>,
    /// Product, together with --server
    #[arg(long, value_name = "CODE", requires = "server")]
    product: Option<ProductCode>,
}

impl Select {
    /// What was named.
    ///
    /// # Errors
    /// A sentence when nothing was.
    pub fn selection(self) -> Result<Selection, Failure> {
        match (self.id.or(self.license), self.server, self.product) {
            (Some(id), _, _) => Ok(Selection::Id(id)),
            (None, Some(guid), Some(product)) => Ok(Selection::Product { guid, product }),
            _ => Err(Failure::refused(
                "Say which license: its id, or --server and --product. `leasehold node license list` shows all.",
            )),
        }
    }
}
