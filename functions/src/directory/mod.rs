//! The operations of the directory, written once for every kind: [`create`], [`list`],
//! [`show`], [`update`], [`delete`], and for groups [`add`], [`remove`] and [`list_of_group`].
//! An endpoint that differs from others only in the kind calls one of these and adds only its
//! texts for the API document.
//!
//! They are compiled here, once a kind, and cross into binaries as function pointers.

mod create;
mod delete;
mod list;
mod members;
mod update;

use std::iter;

pub(crate) use create::{Extra, MAX_IDS, create, create_with, put};
pub(crate) use delete::{delete, take_away};
pub(crate) use list::{list, list_of_group, of_group, page_of, paged, place, show};
pub(crate) use members::{add, remove};
pub(crate) use update::{Update, change, update, update_with};

use latchkey::directory::{Link, MAX_LINKED, Roll};
use latchkey::error::Result;
use latchkey::table::{Change, If, Read, Transaction};

use crate::lambda::Call;

/// The maximum number of links that one request adds and removes: each is up to three of the
/// hundred writes that DynamoDB allows in one transaction.
const MAX_LINKS: usize = 32;

/// Says why an item cannot be in one more group or space.
fn full(what: &str) -> String {
    format!("one of these is in {MAX_LINKED} {what}s already, the maximum")
}

/// Writes a link at the other item.
fn join<T: Copy>(writes: &mut Transaction<'_, T>, tag: T, link: &Link) {
    for key in iter::once(&link.to).chain(&link.keyring) {
        let joined = Change::new_version().include(link.set, &link.element);
        let room = If::Fewer(link.set, MAX_LINKED);
        writes.update(tag, key, joined, If::Exists.and(room));
    }
}

/// Ends links on both sides, of which those of `there` have another side still.
fn leave<T: Copy>(writes: &mut Transaction<'_, T>, tag: T, links: &[&Link], there: &[&Link]) {
    for link in there {
        part(writes, tag, link);
    }
    for (key, _) in links.iter().filter_map(|link| link.item.as_ref()) {
        writes.delete(tag, key, If::Exists);
    }
}

/// Removes a link at the other item, which still exists.
fn part<T: Copy>(writes: &mut Transaction<'_, T>, tag: T, link: &Link) {
    for key in iter::once(&link.to).chain(&link.keyring) {
        let parted = Change::new_version().exclude(link.set, &link.element);
        writes.update(tag, key, parted, If::Exists);
    }
}

/// Adds an item to the set of those of which one must remain.
fn join_roll<T: Copy>(writes: &mut Transaction<'_, T>, tag: T, roll: &Roll) {
    let listed = Change::default().include(roll.set, &roll.element);
    writes.update(tag, &roll.key, listed, If::Always);
}

/// Removes an item from the set of those of which one must remain, unless it is the last.
fn leave_roll<T: Copy>(writes: &mut Transaction<'_, T>, tag: T, roll: &Roll) {
    let left = Change::default().exclude(roll.set, &roll.element);
    writes.update(tag, &roll.key, left, If::MoreThan(roll.set, 1));
}

/// The links whose other item still exists.
async fn present<'l>(call: &Call, links: &[&'l Link]) -> Result<Vec<&'l Link>> {
    let mut there = Vec::new();
    for links in links.chunks(100) {
        let keys: Vec<_> = links.iter().map(|link| link.to.clone()).collect();
        let items = call.table.get_all(&keys, Read::Strong).await?;
        there.extend(links.iter().filter(|link| items.has(&link.to)).copied());
    }
    Ok(there)
}
