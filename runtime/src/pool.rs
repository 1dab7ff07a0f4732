//! Which environments there are: idle ones by function, the most recently used first, and those at work.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::Error;
use crate::environment::Environment;

/// All environments of a runtime. Leaving it, in whichever way, kills an environment.
pub(crate) struct Pool {
    places: Mutex<Places>,
    environments_max: usize,
    idle_time_max: Duration,
    freeze_after: Duration,
    /// Told when an environment becomes idle.
    filled: Notify,
    /// Told when one ends of those that are kept.
    missed: Notify,
}

#[derive(Default)]
struct Places {
    /// The longest idle first.
    idle: HashMap<String, Vec<Idle>>,
    leased: HashMap<String, Arc<Environment>>,
    starting: usize,
    /// How many environments of functions do not end for being idle.
    kept: HashMap<String, usize>,
    closed: bool,
}

struct Idle {
    environment: Arc<Environment>,
    since: Instant,
}

/// What a request gets.
pub(crate) enum Acquired {
    Warm(Lease),
    Room(Room),
}

/// An environment at work for one request. Dropped before it is given back, it kills the environment.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    pub(crate) environment: Arc<Environment>,
    /// It was given back: somebody else may have it by now.
    is_over: bool,
}

/// The right to start one environment.
pub(crate) struct Room {
    pool: Arc<Pool>,
}

impl Pool {
    pub(crate) fn new(environments_max: usize, idle_time_max: Duration, freeze_after: Duration) -> Self {
        Self {
            places: Mutex::default(),
            environments_max,
            idle_time_max,
            freeze_after,
            filled: Notify::new(),
            missed: Notify::new(),
        }
    }

    /// A warm environment of this function, or room for a new one.
    pub(crate) fn acquire(self: &Arc<Self>, key: &str) -> Result<Acquired, Error> {
        let mut places = self.places.lock();
        if places.closed {
            return Err(Error::ShuttingDown);
        }
        while let Some(environment) = places.take_warmest(key) {
            if environment.is_usable() {
                places.leased.insert(environment.id.clone(), environment.clone());
                drop(places);
                environment.wake();
                return Ok(Acquired::Warm(Lease::new(self, environment)));
            }
        }
        self.room_in(&mut places).map(Acquired::Room)
    }

    /// Room for a new environment, whatever is idle.
    pub(crate) fn room(self: &Arc<Self>) -> Result<Room, Error> {
        let mut places = self.places.lock();
        if places.closed {
            return Err(Error::ShuttingDown);
        }
        self.room_in(&mut places)
    }

    fn room_in(self: &Arc<Self>, places: &mut Places) -> Result<Room, Error> {
        if places.total() >= self.environments_max && !places.evict_coldest() {
            return Err(Error::TooManyEnvironments { limit: self.environments_max });
        }
        places.starting += 1;
        Ok(Room { pool: self.clone() })
    }

    /// Says how many environments of functions are kept, by their keys; of all others none.
    pub(crate) fn keep(&self, kept: HashMap<String, usize>) {
        self.places.lock().kept = kept;
        // Some may be too many now.
        self.filled.notify_one();
    }

    /// Waits until an environment has ended of those that are kept.
    pub(crate) async fn missed(&self) {
        self.missed.notified().await;
    }

    /// Says so when an environment ends, however that is.
    pub(crate) fn look_after(self: &Arc<Self>, environment: &Environment) {
        let (pool, key, gone) = (Arc::downgrade(self), environment.key.clone(), environment.gone());
        tokio::spawn(async move {
            gone.wait().await;
            if let Some(pool) = pool.upgrade()
                && pool.places.lock().kept_of(&key) > 0
            {
                pool.missed.notify_one();
            }
        });
    }

    /// How many environments of a function have initialised.
    pub(crate) fn count(&self, key: &str) -> usize {
        let places = self.places.lock();
        let at_work = places.leased.values().filter(|one| one.key == key && one.is_working()).count();
        let idle = places.idle.get(key).into_iter().flatten();
        at_work + idle.filter(|idle| idle.environment.is_usable()).count()
    }

    /// Ends the environments of a function, those at work after their present event.
    pub(crate) fn retire(&self, key: &str) {
        let mut places = self.places.lock();
        places.idle.remove(key);
        places.kept.remove(key);
        places.leased.values().filter(|environment| environment.key == key).for_each(|one| one.retire());
    }

    /// Ends the environments of all functions, those at work after their present event.
    pub(crate) fn retire_all(&self) {
        let mut places = self.places.lock();
        places.idle.clear();
        places.kept.clear();
        places.leased.values().for_each(|one| one.retire());
    }

    /// Ends all environments and admits no more.
    pub(crate) fn close(&self) {
        let mut places = self.places.lock();
        places.closed = true;
        places.idle.clear();
        places.leased.values().for_each(|environment| environment.kill());
    }

    /// Ends environments that were idle for too long, for as long as the pool lives.
    pub(crate) async fn retire_idle(pool: Weak<Self>) {
        loop {
            let Some(strong) = pool.upgrade() else { return };
            let next = strong.places.lock().retire_since(strong.idle_time_max);
            match next {
                Some(since) => {
                    let until = since + strong.idle_time_max;
                    drop(strong);
                    tokio::time::sleep_until(until).await;
                }
                None => strong.filled.notified().await,
            }
        }
    }
}

impl Places {
    fn total(&self) -> usize {
        self.starting + self.leased.len() + self.idle.values().map(Vec::len).sum::<usize>()
    }

    fn take_warmest(&mut self, key: &str) -> Option<Arc<Environment>> {
        let idle = self.idle.get_mut(key)?;
        let warmest = idle.pop();
        if idle.is_empty() {
            self.idle.remove(key);
        }
        warmest.map(|idle| idle.environment)
    }

    fn kept_of(&self, key: &str) -> usize {
        self.kept.get(key).copied().unwrap_or_default()
    }

    /// Makes room; `false` when nothing is idle. What is kept goes last, so that it cannot lock out all other functions.
    fn evict_coldest(&mut self) -> bool {
        let since = |(key, idle): (&String, &Vec<Idle>)| Some((idle.first()?.since, key.clone()));
        let to_spare = self.idle.iter().filter(|(key, idle)| idle.len() > self.kept_of(key));
        let coldest = to_spare.filter_map(since).min().or_else(|| self.idle.iter().filter_map(since).min());
        let Some((_, key)) = coldest else { return false };
        if let Some(idle) = self.idle.get_mut(&key) {
            idle.remove(0);
            if idle.is_empty() {
                self.idle.remove(&key);
            }
        }
        true
    }

    /// Ends what is idle for this time or longer; returns since when the coldest of the rest is.
    fn retire_since(&mut self, idle_time_max: Duration) -> Option<Instant> {
        let now = Instant::now();
        let kept = &self.kept;
        self.idle.retain(|key, idle| {
            let kept = kept.get(key).copied().unwrap_or_default();
            while idle.len() > kept && now.duration_since(idle[0].since) >= idle_time_max {
                idle.remove(0);
            }
            !idle.is_empty()
        });
        let to_spare = self.idle.iter().filter(|(key, idle)| idle.len() > self.kept_of(key));
        to_spare.filter_map(|(_, idle)| Some(idle.first()?.since)).min()
    }
}

impl Room {
    /// Takes the place with a new environment.
    pub(crate) fn fill(self, environment: Arc<Environment>) -> Result<Lease, Error> {
        let pool = self.pool.clone();
        let mut places = pool.places.lock();
        if places.closed {
            return Err(Error::ShuttingDown);
        }
        places.leased.insert(environment.id.clone(), environment.clone());
        drop(places);
        Ok(Lease::new(&pool, environment))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.pool.places.lock().starting -= 1;
    }
}

impl Lease {
    fn new(pool: &Arc<Pool>, environment: Arc<Environment>) -> Self {
        Self { pool: pool.clone(), environment, is_over: false }
    }

    /// The environment may serve the next request.
    pub(crate) fn give_back(mut self) {
        let pool = self.pool.clone();
        let mut places = pool.places.lock();
        if places.closed || !self.environment.is_usable() {
            return;
        }
        places.leased.remove(&self.environment.id);
        self.is_over = true;
        // Before anybody can take it from there, who would wake it.
        self.environment.rest(pool.freeze_after);
        let idle = Idle { environment: self.environment.clone(), since: Instant::now() };
        places.idle.entry(self.environment.key.clone()).or_default().push(idle);
        pool.filled.notify_one();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        if let Some(environment) = self.pool.places.lock().leased.remove(&self.environment.id) {
            environment.kill();
        }
    }
}
