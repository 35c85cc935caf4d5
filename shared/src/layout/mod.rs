//! What the table has in it: the keys of all items, the items that are more than one of the model's
//! types, and what the table's stream tells of them. `docs/architecture.md` has the picture.

#[cfg(test)]
mod attributes;
pub mod item;
mod key;
mod removal;

pub use key::{COPIES, Copied};
pub use removal::{Entered, Removal, Rezoned, Thing};
