//! An access on its way into the table: made, changed, given new codes, or taken away.
//!
//! All of these are one operation, from a state before to a state after. A [`Draft`] turns the
//! two into the writes of one transaction, so an access is written whole or not at all. For
//! each space these are its grant, its code and, if the access is or was exclusive, its
//! booking.
//!
//! Nothing is read first to find out whether the transaction will succeed. A code is put on
//! condition that it is free; a space is checked or booked on condition that it is not booked.
//! If a condition fails, DynamoDB returns the item, and the draft learns from it: another code,
//! a day that it now knows, what it must read of a space, or a fault. Each refusal leaves fewer
//! ways to be refused.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::exclusive::{Day, FreeFrom, Long, Needed, Summary, Taken, in_the_way};
use super::{ACCESS, Access, AccessSpace, Code, CodeStrategy, CodeTerms, SpaceTerms, USED};
use crate::access_code::{AccessCode, CodeLength, FreeCodes};
use crate::caller::OrganizationScope;
use crate::deed::Deed;
use crate::error::{Conflict, Error, Fault, FaultCode, Result};
use crate::grant::GrantId;
use crate::id::SpaceId;
use crate::layout::item::GrantEdge;
use crate::secret::Random;
use crate::table::{
    Change, If, Item, Key, MAX_ACTIONS, Read, Refused, Table, Transaction, from_item,
};

/// The number of random codes to try before the free ones are looked up. In a space that is not
/// crowded the first one is free.
const RANDOM_TRIES: u32 = 2;
/// The number of codes to read first to find gaps, and the maximum: twice as many each time, up
/// to the megabyte that DynamoDB reads in one call.
const CODES_AT_ONCE: std::ops::RangeInclusive<usize> = 125..=2000;
/// The part of them that is read.
const TAKEN: &str = "PK, SK, expiresAt";
/// The number of days in one read and the maximum number of reads: enough for twenty years with
/// a booking each day.
const PAGE: usize = 1000;
const MOST_PAGES: u32 = 8;
/// The number of refusals after which a draft gives up, because other writes keep overtaking
/// it.
const MAX_REFUSALS: u32 = 64;

/// The purpose of each item of the transaction. Numbers are places in the spaces of the access
/// after the change; for removed spaces, places in the spaces before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first answer to a request with a key.
    Idempotency,
    /// The access.
    Access,
    /// A grant, which is never refused.
    Grant,
    /// The code of a space.
    Code(usize),
    /// The code that a space had.
    FormerCode(usize),
    /// The space exists and is not booked.
    Space(usize),
    /// A day of a space, with what is taken of it.
    Day(SpaceId, NaiveDate),
    /// A long booking of a space, which is never refused.
    Long,
}

/// What a draft needs to be written.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'d> {
    /// The table.
    pub table: &'d Table,
    /// The organization.
    pub scope: &'d OrganizationScope,
    /// Secure random numbers.
    pub random: &'d Random,
    /// The time.
    pub now: DateTime<Utc>,
}

/// An access before and after a change. A new access has no before, a removed one no after.
#[derive(Debug)]
pub struct Draft {
    before: Option<Access>,
    after: Option<Access>,
    /// The summaries of spaces that are known. The others are assumed to be free.
    summaries: HashMap<SpaceId, Summary>,
    /// The days that are known. The others are assumed to be free.
    days: HashMap<(SpaceId, NaiveDate), Day>,
    /// A space that is gone, with all that was taken of it.
    gone: Option<SpaceId>,
    /// The number of refusals.
    refusals: u32,
    /// Spaces that were seen to be there and free, so that the transaction need not ask.
    seen: HashSet<SpaceId>,
    /// Former codes that are another access's by now.
    foreign: HashSet<SpaceId>,
    /// How often the code of a former item was used, if that is carried over.
    used: HashMap<SpaceId, Code>,
    /// Which spaces get a code, and how the next one is found.
    codes: Vec<Coding>,
    /// The length of new codes; `None` if none is issued.
    length: Option<CodeLength>,
}

/// The spaces that get one code together, by their places.
#[derive(Debug)]
struct Coding {
    places: Vec<usize>,
    tries: u32,
    free: Option<FreeCodes>,
}

impl Coding {
    /// Spaces that have a first code.
    fn of(places: Vec<usize>) -> Self {
        Self {
            places,
            tries: 1,
            free: None,
        }
    }
}

impl Draft {
    /// One that is made: `access`, with these spaces, which get codes.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn made(
        desk: Desk<'_>,
        access: Access,
        spaces: Vec<SpaceTerms>,
        length: CodeLength,
    ) -> Result<Self> {
        Self::with_spaces(desk, None, access, spaces, length)
    }

    /// One that is changed: from `before` to `after`, with these spaces. Those that it had
    /// keep their codes; the others get some: where all have the same, that one, if it is
    /// free there.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn changed(
        desk: Desk<'_>,
        before: Access,
        after: Access,
        spaces: Vec<SpaceTerms>,
        length: CodeLength,
    ) -> Result<Self> {
        Self::with_spaces(desk, Some(before), after, spaces, length)
    }

    fn with_spaces(
        desk: Desk<'_>,
        before: Option<Access>,
        mut after: Access,
        spaces: Vec<SpaceTerms>,
        length: CodeLength,
    ) -> Result<Self> {
        let is_shared = after.strategy == CodeStrategy::Shared;
        let had = before.iter().flat_map(|access| &access.spaces).next();
        let mut shared = had.filter(|_| is_shared).map(|had| had.code.clone());
        let mut codes: Vec<Coding> = Vec::new();
        after.spaces.clear();
        for (place, terms) in spaces.into_iter().enumerate() {
            let kept = before.as_ref().and_then(|access| access.space(terms.space));
            let code = match (kept, &shared) {
                (Some(kept), _) => kept.code.clone(),
                (None, Some(shared)) => shared.clone(),
                (None, None) => AccessCode::generate(length, desk.random)?,
            };
            if kept.is_none() {
                match codes.last_mut() {
                    // All that are new in an access that is new have one together.
                    Some(all) if is_shared && before.is_none() => all.places.push(place),
                    _ => codes.push(Coding::of(vec![place])),
                }
            }
            if is_shared {
                shared.get_or_insert_with(|| code.clone());
            }
            after.spaces.push(AccessSpace { terms, code });
        }
        let mut draft = Self::of(before, Some(after));
        draft.codes = codes;
        draft.length = Some(length);
        Ok(draft)
    }

    /// One whose spaces all get new codes. `codes` are the items of those that they have.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn recoded(
        desk: Desk<'_>,
        before: Access,
        after: Access,
        codes: impl IntoIterator<Item = (SpaceId, Code)>,
        length: CodeLength,
    ) -> Result<Self> {
        let all = 0..after.spaces.len();
        let codings = match after.strategy {
            CodeStrategy::Shared => vec![Coding::of(all.collect())],
            CodeStrategy::Unique => all.map(|place| Coding::of(vec![place])).collect(),
        };
        let mut draft = Self::of(Some(before), Some(after));
        draft.used.extend(codes);
        for coding in &codings {
            let code = AccessCode::generate(length, desk.random)?;
            draft.set_code(&coding.places, &code);
        }
        draft.codes = codings;
        draft.length = Some(length);
        Ok(draft)
    }

    /// One that loses a space; taken away with the last of them.
    pub fn without(access: Access, space: SpaceId, now: DateTime<Utc>) -> Self {
        let mut after = access.clone();
        after.spaces.retain(|had| had.terms.space != space);
        after.date_modified = now;
        let mut draft = match after.spaces.is_empty() {
            true => Self::taken_away(access),
            false => Self::of(Some(access), Some(after)),
        };
        draft.gone = Some(space);
        draft
    }

    /// One that is taken away.
    pub fn taken_away(access: Access) -> Self {
        Self::of(Some(access), None)
    }

    fn of(before: Option<Access>, after: Option<Access>) -> Self {
        Self {
            before,
            after,
            summaries: HashMap::new(),
            days: HashMap::new(),
            gone: None,
            refusals: 0,
            seen: HashSet::new(),
            foreign: HashSet::new(),
            used: HashMap::new(),
            codes: Vec::new(),
            length: None,
        }
    }

    /// The access as it will be.
    pub fn after(&self) -> Option<&Access> {
        self.after.as_ref()
    }

    fn set_code(&mut self, places: &[usize], code: &AccessCode) {
        let spaces = self.after.iter_mut().flat_map(|access| &mut access.spaces);
        for (place, space) in spaces.enumerate() {
            if places.contains(&place) {
                space.code = code.clone();
            }
        }
    }

    /// Reads of its spaces what the transaction cannot do without: the days that it gives back,
    /// and the spaces that it has no room to check. At most one round trip, and
    /// none where no space is anybody's alone and there are 32 spaces at most.
    ///
    /// # Errors
    /// 400 if it is more than one transaction can write; what was read may be in the way,
    /// as [`Draft::learn`] says.
    pub async fn prepare(&mut self, desk: Desk<'_>, further: usize) -> Result<()> {
        let (writes, checks) = self.size(desk.now);
        let writes = writes + further;
        // New codes for all of its spaces must be one transaction, too.
        let given_out = self.after.as_ref().filter(|_| self.length.is_some());
        let recoding = given_out.map_or(0, |access| {
            let counted = access
                .spaces
                .iter()
                .filter(|space| space.terms.count.is_some());
            1 + 2 * access.spaces.len() + counted.count()
        });
        let writes = writes.max(recoding);
        if writes > MAX_ACTIONS {
            return Err(too_much(writes));
        }
        let released = self.released(desk.now);
        let excess = (writes + checks.len()).saturating_sub(MAX_ACTIONS);
        let unchecked = checks.get(..excess).unwrap_or(&checks).to_vec();
        if released.is_empty() && unchecked.is_empty() {
            return Ok(());
        }
        let spaces = unchecked.iter().map(|(_, id)| desk.scope.space(*id));
        let days = released.iter().map(|(id, day)| desk.scope.day(*id, *day));
        let keys: Vec<Key> = spaces.chain(days).collect();
        let mut items = desk.table.get_all(&keys, Read::Strong).await?;
        let mut obstacles = Vec::new();
        for (id, day) in released {
            let known: Option<Day> = items.take(&desk.scope.day(id, day))?;
            let known = known.unwrap_or_default();
            obstacles.extend(self.meets(desk, id, day, &known).await?);
            self.days.insert((id, day), known);
        }
        for (place, id) in unchecked {
            self.seen.insert(id);
            let summary = items.take(&desk.scope.space(id))?;
            obstacles.extend(self.look(desk, place, summary).await?);
        }
        said(obstacles)
    }

    /// The days of spaces that are this access's alone, and will not be as they were.
    fn released(&self, now: DateTime<Utc>) -> Vec<(SpaceId, NaiveDate)> {
        let before = self.before.iter();
        let taken = before.flat_map(|access| access.spaces.iter().map(move |had| (access, had)));
        let taken = taken.filter(|(_, had)| self.is_released(had));
        taken
            .flat_map(|(access, had)| {
                let days = access.wanted(had).days(now).unwrap_or_default();
                days.into_iter().map(|day| (had.terms.space, day))
            })
            .collect()
    }

    /// Whether a space was this access's alone, and is not any more, or not as it was.
    fn is_released(&self, had: &AccessSpace) -> bool {
        had.terms.exclusive
            && self.gone != Some(had.terms.space)
            && self.wants(had.terms.space) != self.wanted_before(had.terms.space)
    }

    /// The stretch that the access wants of a space, and whether exclusively.
    fn wants(&self, id: SpaceId) -> Option<(Taken, bool)> {
        let access = self.after.as_ref()?;
        let space = access.space(id)?;
        Some((access.wanted(space), space.terms.exclusive))
    }

    fn wanted_before(&self, id: SpaceId) -> Option<(Taken, bool)> {
        let access = self.before.as_ref()?;
        let space = access.space(id)?;
        Some((access.wanted(space), space.terms.exclusive))
    }

    /// The days that are booked, released or only checked.
    fn day_writes(&self, now: DateTime<Utc>) -> BTreeMap<(SpaceId, NaiveDate), DayWrite> {
        let mut writes = BTreeMap::new();
        for key in self.released(now) {
            // A day that is not there any more has nothing to give back.
            if self.days.get(&key) != Some(&Day::default()) {
                writes.insert(key, DayWrite::Change(None));
            }
        }
        for step in self.steps() {
            let Step::Space {
                space, exclusive, ..
            } = step
            else {
                continue;
            };
            let id = space.terms.space;
            let Some((wanted, _)) = self.wants(id) else {
                continue;
            };
            let is_needed = exclusive
                || self
                    .summaries
                    .get(&id)
                    .is_some_and(|summary| summary.is_ahead(&wanted))
                    && !self.seen.contains(&id);
            let days = wanted.days(now).filter(|_| is_needed).unwrap_or_default();
            for day in days {
                if exclusive {
                    writes.insert((id, day), DayWrite::Change(Some(wanted.clone())));
                } else {
                    writes.entry((id, day)).or_insert(DayWrite::Check);
                }
            }
        }
        writes
    }

    /// The number of writes, and the spaces that are only checked.
    fn size(&self, now: DateTime<Utc>) -> (usize, Vec<(usize, SpaceId)>) {
        let mut writes = 1 + self.day_writes(now).len();
        let mut checks = Vec::new();
        for step in self.steps() {
            match step {
                Step::Space {
                    place,
                    space,
                    exclusive: false,
                } => checks.push((place, space.terms.space)),
                Step::Space { space, .. } => {
                    let wanted = self.wants(space.terms.space);
                    let is_long = wanted.is_some_and(|(wanted, _)| wanted.days(now).is_none());
                    writes += 1 + usize::from(is_long);
                }
                Step::Release { had } => {
                    let wanted = self.wanted_before(had.terms.space);
                    let is_long = wanted.is_some_and(|(wanted, _)| wanted.days(now).is_none());
                    writes += usize::from(is_long);
                }
                _ => writes += 1,
            }
        }
        (writes, checks)
    }

    /// The steps in addition to writing the access itself.
    fn steps(&self) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        let before = self.before.as_ref();
        let after = self.after.as_ref();
        let former = |id| {
            let access = before?;
            let place = access.spaces.iter().position(|had| had.terms.space == id)?;
            Some((access, place, &access.spaces[place]))
        };
        for (access, (place, space)) in after.iter().flat_map(|access| {
            access
                .spaces
                .iter()
                .enumerate()
                .map(move |each| (access, each))
        }) {
            let had = former(space.terms.space);
            let grant = access.grant(space);
            if had.is_none_or(|(before, _, had)| before.grant(had) != grant) {
                steps.push(Step::Grant(GrantEdgeOf::Put(access, space)));
            }
            match had {
                Some((before, _, had)) if had.code == space.code => {
                    if before.code_terms(had) != access.code_terms(space) {
                        steps.push(Step::Terms { place, space });
                    }
                }
                had => {
                    steps.push(Step::Code { place, space });
                    if let Some((_, place, had)) = had {
                        steps.push(Step::Former { place, had });
                    }
                }
            }
            let (had, wanted) = (self.wanted_before(space.terms.space), access.wanted(space));
            // A space that was exclusive has had no other access.
            let is_known = had.is_some_and(|(had, was_alone)| {
                had == wanted && (was_alone || !space.terms.exclusive)
            });
            if !is_known {
                steps.push(Step::Space {
                    place,
                    space,
                    exclusive: space.terms.exclusive,
                });
            }
        }
        let stays =
            |had: &AccessSpace| after.is_some_and(|access| access.space(had.terms.space).is_some());
        for (access, (place, had)) in before.iter().flat_map(|access| {
            access
                .spaces
                .iter()
                .enumerate()
                .map(move |each| (access, each))
        }) {
            if !stays(had) {
                steps.push(Step::Grant(GrantEdgeOf::Clear(access, had)));
                steps.push(Step::Former { place, had });
            }
            if self.is_released(had) {
                steps.push(Step::Release { had });
            }
        }
        steps
    }

    /// What the record tells of it, with the codes as they are now.
    ///
    /// # Errors
    /// 500 of a draft of nothing, which cannot be.
    pub fn deed(&self, scope: &OrganizationScope) -> Result<Deed> {
        let of = |access: &Access| scope.deed(access.id.into());
        match (&self.before, &self.after) {
            (None, Some(after)) => Ok(of(after).made(after)),
            (Some(before), Some(after)) => Ok(of(after).changed(before, after)),
            (Some(before), None) => Ok(of(before).removed(before)),
            (None, None) => Err(Error::Internal("a draft of nothing".to_owned())),
        }
    }

    /// Adds its writes to a transaction.
    pub fn write(&self, desk: Desk<'_>, writes: &mut Transaction<'_, Part>) {
        let Desk { scope, now, .. } = desk;
        match (&self.before, &self.after) {
            (None, Some(after)) => writes.put_new(Part::Access, &scope.access(after.id), after),
            (Some(before), Some(after)) => {
                let key = scope.access(after.id);
                writes.change(Part::Access, &key, (before, after), before.version);
            }
            (Some(before), None) => {
                let key = scope.access(before.id);
                writes.delete(Part::Access, &key, If::version(before.version));
            }
            (None, None) => {}
        }
        let owner = self.after.as_ref().or(self.before.as_ref());
        let id = owner
            .map(|access| access.id.to_string())
            .unwrap_or_default();
        let is_mine = || If::is(ACCESS, &id);
        for step in self.steps() {
            match step {
                Step::Grant(GrantEdgeOf::Put(access, space)) => {
                    let (key, edge) = GrantEdge::new(scope, access.grant(space));
                    writes.put(Part::Grant, &key, &edge, If::Always);
                }
                Step::Grant(GrantEdgeOf::Clear(access, had)) => {
                    let key = scope.grant_key(&access.grant(had));
                    writes.delete(Part::Grant, &key, If::Always);
                }
                Step::Code { place, space } => {
                    let key = scope.code(space.terms.space, &space.code);
                    let code = self.new_code(space);
                    writes.put_over_expired(Part::Code(place), &key, &code, now);
                }
                Step::Terms { place, space } => {
                    let key = scope.code(space.terms.space, &space.code);
                    let terms = (self.former_terms(space), self.terms(space));
                    match terms {
                        (Some(before), Some(after))
                            if !self.foreign.contains(&space.terms.space) =>
                        {
                            let change = Change::between(&before, &after).and_new_version();
                            writes.update(Part::Code(place), &key, change, is_mine());
                        }
                        _ => {
                            let code = self.new_code(space);
                            writes.put_over_expired(Part::Code(place), &key, &code, now);
                        }
                    }
                }
                Step::Former { had, .. } if self.foreign.contains(&had.terms.space) => {}
                Step::Former { place, had } => {
                    let key = scope.code(had.terms.space, &had.code);
                    let mut only = is_mine();
                    if let Some(code) = self.used.get(&had.terms.space) {
                        only = only.and(If::is(USED, &code.used));
                    }
                    writes.delete(Part::FormerCode(place), &key, If::Absent.or(only));
                }
                Step::Space {
                    space,
                    exclusive: false,
                    ..
                } if self.seen.contains(&space.terms.space) => {}
                Step::Space {
                    place,
                    space,
                    exclusive,
                } => self.write_space(desk, writes, place, space, exclusive),
                Step::Release { had } => {
                    let id = had.terms.space;
                    let (former, next) = (self.wanted_before(id), self.wants(id));
                    let long = |taken: &Taken| taken.days(now).is_none();
                    if let Some((taken, _)) = former.filter(|(taken, _)| long(taken)) {
                        let key = scope.long(id, &taken);
                        let stays = |(next, alone): (Taken, bool)| {
                            alone && long(&next) && scope.long(id, &next) == key
                        };
                        if !next.is_some_and(stays) {
                            writes.delete(Part::Long, &key, If::Always);
                        }
                    }
                }
            }
        }
        let owner = owner.map(|access| access.id);
        for ((id, day), write) in self.day_writes(now) {
            let (part, key) = (Part::Day(id, day), scope.day(id, day));
            let known = self.days.get(&(id, day));
            match (write, owner) {
                (DayWrite::Change(into), Some(owner)) => {
                    let (change, only) = Day::change(known, day, owner, into.as_ref());
                    writes.update(part, &key, change, only);
                }
                _ => writes.check(part, &key, Day::unchanged(known)),
            }
        }
    }

    fn write_space(
        &self,
        Desk { scope, now, .. }: Desk<'_>,
        writes: &mut Transaction<'_, Part>,
        place: usize,
        space: &AccessSpace,
        exclusive: bool,
    ) {
        let Some(access) = &self.after else {
            return;
        };
        let id = space.terms.space;
        let (part, key) = (Part::Space(place), scope.space(id));
        let (known, wanted) = (self.summaries.get(&id), access.wanted(space));
        let is_short = wanted.days(now).is_some();
        if !exclusive {
            writes.check(part, &key, Summary::is_free(known, &wanted, is_short));
            return;
        }
        let (change, only) = match is_short {
            true => Summary::with_short(known, &wanted),
            false => Summary::with_long(known, &wanted),
        };
        writes.update(part, &key, change, only);
        if !is_short {
            let key = scope.long(id, &wanted);
            writes.put(Part::Long, &key, &Long::new(wanted), If::Always);
        }
    }

    fn terms(&self, space: &AccessSpace) -> Option<CodeTerms> {
        self.after.as_ref().map(|access| access.code_terms(space))
    }

    fn former_terms(&self, space: &AccessSpace) -> Option<CodeTerms> {
        let before = self.before.as_ref()?;
        Some(before.code_terms(before.space(space.terms.space)?))
    }

    /// The item of a code that is new: with the entries that the one before it counted.
    fn new_code(&self, space: &AccessSpace) -> Option<Code> {
        let terms = self.terms(space)?;
        let mut code = Code::new(terms);
        if let Some(former) = self.used.get(&space.terms.space) {
            code.used = former.used;
            code.last_entry.clone_from(&former.last_entry);
        }
        Some(code)
    }

    /// Learns from a refusal what to write instead. One round trip if codes have become few, or
    /// if a long booking is wanted or in the way; otherwise none.
    ///
    /// # Errors
    /// 400 for spaces that are not there, 409 for those that are somebody's alone or have no
    /// code left; all of them. 409 also if the access itself was changed meanwhile.
    pub async fn learn(&mut self, desk: Desk<'_>, refused: Refused<Part>) -> Result<()> {
        self.refusals += 1;
        if self.refusals > MAX_REFUSALS {
            return Err(Error::Conflict(Conflict::Changed));
        }
        let mut obstacles = Vec::new();
        let mut codes = HashSet::new();
        for (part, item) in refused {
            match part {
                Part::Access => return Err(Error::Conflict(Conflict::Changed)),
                Part::Space(place) => {
                    let summary = item.map(from_item).transpose()?;
                    obstacles.extend(self.look(desk, place, summary).await?);
                }
                Part::Day(id, day) => {
                    let known: Option<Day> = item.map(from_item).transpose()?;
                    let known = known.unwrap_or_default();
                    obstacles.extend(self.meets(desk, id, day, &known).await?);
                    self.days.insert((id, day), known);
                }
                Part::Code(place) => drop(codes.insert(place)),
                Part::FormerCode(place) => self.former_code_is(place, item)?,
                Part::Idempotency | Part::Grant | Part::Long => {}
            }
        }
        while let Some(place) = codes.iter().min().copied() {
            // Once for all that have one code together.
            let together = self.codes.iter().find(|one| one.places.contains(&place));
            let together = together.map_or_else(|| vec![place], |one| one.places.clone());
            codes.retain(|refused| !together.contains(refused));
            if !self.recode(desk, place).await? {
                obstacles.push(Obstacle::NoCode(place));
            }
        }
        said(obstacles)
    }

    fn space_at(&self, place: usize) -> Option<&AccessSpace> {
        self.after.as_ref()?.spaces.get(place)
    }

    /// Says what is in the way at a space with this summary; `None` if the space does not
    /// exist. Reads what the transaction cannot ask about.
    async fn look(
        &mut self,
        desk: Desk<'_>,
        place: usize,
        summary: Option<Summary>,
    ) -> Result<Option<Obstacle>> {
        let Some(id) = self.space_at(place).map(|space| space.terms.space) else {
            return Ok(None);
        };
        let Some(summary) = summary else {
            return Ok(Some(Obstacle::Missing(place, desk.scope.space(id))));
        };
        let Some((wanted, _)) = self.wants(id) else {
            return Ok(None);
        };
        self.summaries.insert(id, summary);
        let is_short = wanted.days(desk.now).is_some() && !self.seen.contains(&id);
        let needed = summary.needed(&wanted, is_short);
        if needed == Needed::Nothing {
            return Ok(None);
        }
        let free = desk.taken(id, &wanted, needed).await?;
        Ok(free.map(|free| Obstacle::Taken(place, id, free)))
    }

    /// Says what is in the way on a day.
    async fn meets(
        &self,
        desk: Desk<'_>,
        id: SpaceId,
        day: NaiveDate,
        known: &Day,
    ) -> Result<Option<Obstacle>> {
        let access = self.after.as_ref();
        let spaces = access.iter().flat_map(|access| &access.spaces);
        let place = spaces.into_iter().position(|space| space.terms.space == id);
        let Some((place, (wanted, _))) = place.zip(self.wants(id)) else {
            return Ok(None);
        };
        let taken: Vec<Taken> = known.taken(day).collect();
        let Some(free) = in_the_way(&taken, &wanted) else {
            return Ok(None);
        };
        // Bookings that follow on later days are needed to say when the space is free.
        let free = desk.taken(id, &wanted, Needed::All).await?.unwrap_or(free);
        Ok(Some(Obstacle::Taken(place, id, free)))
    }

    /// A former code does not belong to the access any more.
    fn former_code_is(&mut self, place: usize, item: Option<Item>) -> Result<()> {
        let before = self.before.as_ref();
        let Some((me, had)) =
            before.and_then(|access| Some((access.id, access.spaces.get(place)?)))
        else {
            return Ok(());
        };
        let id = had.terms.space;
        let code: Option<Code> = item.map(from_item).transpose()?;
        match code {
            Some(code) if code.terms.grant.id == GrantId::Access(me) => {
                self.used.insert(id, code);
            }
            _ => {
                self.foreign.insert(id);
                self.used.remove(&id);
            }
        }
        Ok(())
    }

    /// Another code for the space at `place`, and for those that have the same; whether there
    /// is one.
    async fn recode(&mut self, desk: Desk<'_>, place: usize) -> Result<bool> {
        let Some(length) = self.length else {
            return Ok(false);
        };
        let Some(at) = self
            .codes
            .iter()
            .position(|coding| coding.places.contains(&place))
        else {
            // It had this code, which went to another access when its own was over.
            let Some(id) = self.space_at(place).map(|space| space.terms.space) else {
                return Ok(false);
            };
            if self.foreign.insert(id) {
                return Ok(true);
            }
            self.codes.push(Coding::of(vec![place]));
            return Box::pin(self.recode(desk, place)).await;
        };
        let code = if self.codes[at].tries < RANDOM_TRIES {
            self.codes[at].tries += 1;
            Some(AccessCode::generate(length, desk.random)?)
        } else {
            self.free_code(desk, length, at).await?
        };
        let Some(code) = code else { return Ok(false) };
        let places = self.codes[at].places.clone();
        self.set_code(&places, &code);
        Ok(true)
    }

    /// A code that is free at all spaces of a coding; `None` if there is none.
    async fn free_code(
        &mut self,
        desk: Desk<'_>,
        length: CodeLength,
        at: usize,
    ) -> Result<Option<AccessCode>> {
        let mut free = match self.codes[at].free.take() {
            Some(free) => free,
            None => FreeCodes::new(length, desk.random)?,
        };
        let spaces = self.codes[at].places.iter();
        let spaces = spaces.filter_map(|place| self.space_at(*place));
        let prefixes: Vec<_> = spaces
            .map(|space| desk.scope.codes(space.terms.space))
            .collect();
        let mut at_once = *CODES_AT_ONCE.start();
        let code = loop {
            if let Some(code) = free.take(desk.random)? {
                break Some(code);
            }
            let Some(behind) = free.behind() else {
                break None;
            };
            let pages = prefixes.iter().map(|prefix| {
                let (table, read) = (desk.table, Read::Strong);
                table.page_of::<TakenCode>(prefix, at_once, Some(behind), read, TAKEN)
            });
            let pages = futures_util::future::try_join_all(pages).await?;
            at_once = (2 * at_once).min(*CODES_AT_ONCE.end());
            let until = pages.iter().filter_map(|(_, until)| until.as_deref()).min();
            let taken = pages.iter().flat_map(|(codes, _)| codes);
            let lives = |taken: &&TakenCode| {
                taken
                    .expires_at
                    .is_none_or(|seconds| seconds > desk.now.timestamp())
            };
            free.learn(
                taken
                    .filter(lives)
                    .filter_map(|taken| taken.sk.rsplit('#').next()),
                until,
            );
        };
        self.codes[at].free = Some(free);
        Ok(code)
    }
}

/// A code in the table, as far as it is taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TakenCode {
    #[serde(rename = "SK")]
    sk: String,
    expires_at: Option<i64>,
}

/// One step.
enum Step<'s> {
    Grant(GrantEdgeOf<'s>),
    /// A code is put.
    Code {
        place: usize,
        space: &'s AccessSpace,
    },
    /// A code stays, and what it gives access to changes.
    Terms {
        place: usize,
        space: &'s AccessSpace,
    },
    /// A code goes.
    Former {
        place: usize,
        had: &'s AccessSpace,
    },
    /// A space is claimed, or checked.
    Space {
        place: usize,
        space: &'s AccessSpace,
        exclusive: bool,
    },
    /// A space is given back.
    Release {
        had: &'s AccessSpace,
    },
}

enum GrantEdgeOf<'s> {
    Put(&'s Access, &'s AccessSpace),
    Clear(&'s Access, &'s AccessSpace),
}

/// Writes what is taken of a space, beside what else its item has.
/// What happens to a day of a space.
enum DayWrite {
    /// The access's former part goes, and this one is added.
    Change(Option<Taken>),
    /// It stays as it is.
    Check,
}

/// A day in the table.
#[derive(Debug, Clone, Deserialize)]
struct DayItem {
    #[serde(rename = "SK")]
    sk: String,
    #[serde(flatten)]
    day: Day,
}

impl Desk<'_> {
    /// The time from which a space is free of exclusive accesses that overlap `wanted`; `None`
    /// if none does. Reads long bookings and, if all is `needed`, the days, in pages, until it
    /// finds a conflict. One round trip for each page, usually one.
    ///
    /// # Errors
    /// 400 if there is too much to look through.
    async fn taken(self, id: SpaceId, wanted: &Taken, needed: Needed) -> Result<Option<FreeFrom>> {
        let from = wanted.from.max(self.now);
        let mut taken: Vec<Taken> = Vec::new();
        let (prefix, mut after) = (self.scope.longs(id), Some(Taken::place(from)));
        while let Some(place) = after {
            let read = self.table.page(&prefix, PAGE, Some(&place), Read::Strong);
            let (longs, next): (Vec<Long>, _) = read.await?;
            taken.extend(longs.into_iter().map(|long| long.taken));
            if needed == Needed::Long && in_the_way(&taken, wanted).is_some() {
                break;
            }
            after = next;
        }
        if needed == Needed::Long {
            return Ok(in_the_way(&taken, wanted));
        }
        let prefix = self.scope.days(id);
        let mut after = from.date_naive().pred_opt().map(|day| day.to_string());
        for _ in 0..MOST_PAGES {
            let place = after.as_deref();
            let read = self.table.page(&prefix, PAGE, place, Read::Strong);
            let (days, next): (Vec<DayItem>, _) = read.await?;
            let mut last = None;
            for DayItem { sk, day } in days {
                let date = sk.rsplit('#').next().and_then(|date| date.parse().ok());
                let date: NaiveDate = date.ok_or_else(|| Error::Internal("no day".to_owned()))?;
                taken.extend(day.taken(date));
                last = Some(date);
            }
            let free = in_the_way(&taken, wanted);
            let is_over = wanted
                .until
                .zip(last)
                .is_some_and(|(until, last)| last > until.date_naive());
            if free.is_some() || next.is_none() || is_over {
                return Ok(free);
            }
            after = next;
        }
        let message = "expected an end: the space has too many exclusive accesses from then on";
        Err(Error::invalid("validTo", FaultCode::OutOfRange, message))
    }
}

fn too_much(writes: usize) -> Error {
    let message = format!(
        "too many spaces: {writes} writes, and at most {MAX_ACTIONS} in one transaction; \
         a space is two to three writes, an exclusive one is one more and one for each day, \
         and removed spaces count as well"
    );
    Error::invalid("spaces", FaultCode::OutOfRange, message)
}

/// Why an access cannot be written as it is.
enum Obstacle {
    Missing(usize, Key),
    Taken(usize, SpaceId, FreeFrom),
    NoCode(usize),
}

/// Turns all obstacles into an error.
fn said(obstacles: Vec<Obstacle>) -> Result<()> {
    let field = |place: usize| format!("spaces[{place}].thingId");
    let (mut missing, mut taken) = (Vec::new(), Vec::new());
    for obstacle in obstacles {
        match obstacle {
            Obstacle::Missing(place, space) => missing.push(space.missing(field(place))),
            Obstacle::Taken(place, space, free) => {
                let message = match free {
                    FreeFrom::Instant(at) => format!(
                        "space {space} is taken by an exclusive access, and free from {}",
                        at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
                    ),
                    FreeFrom::Never => {
                        format!("space {space} is taken by an exclusive access without end")
                    }
                };
                taken.push(Fault::new(field(place), FaultCode::Taken, message));
            }
            Obstacle::NoCode(place) => {
                let message =
                    "no access code is free here: end other accesses, or use longer codes";
                taken.push(Fault::new(field(place), FaultCode::Taken, message));
            }
        }
    }
    if !missing.is_empty() {
        Err(missing.into())
    } else if !taken.is_empty() {
        Err(Error::Taken(taken))
    } else {
        Ok(())
    }
}
