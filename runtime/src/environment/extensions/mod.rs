//! Extensions of an environment: who has registered, what each is at, and what went wrong with one.
//!
//! External ones are programs in `/opt/extensions`, which start before the function does; internal ones are parts of the
//! function's own process. See AWS's page "Using the Lambda Extensions API". Who they are is known to this part alone; the
//! processes are the launcher's.

pub(super) mod api;
pub(crate) mod ending;

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::report::Exit;

/// Extensions that an environment may have (AWS's quota).
pub(crate) const MEMBERS_MAX: usize = 10;

/// What logs say of those that are more.
pub(crate) const TOO_MANY: &str = "TooManyExtensions";

/// Events that may wait for an extension: one, and the end.
const EVENTS_MAX: usize = 2;

/// What an extension can ask to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Invoke,
    Shutdown,
}

impl Event {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Invoke => "INVOKE",
            Self::Shutdown => "SHUTDOWN",
        }
    }
}

/// What an extension is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Registered,
    /// It has asked for the next event.
    Ready,
    Working,
    /// It has told an error, and will end.
    Failed,
}

impl Stage {
    /// As AWS's log shows it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Registered => "Registered",
            Self::Ready => "Ready",
            Self::Working => "Running",
            Self::Failed => "InitError",
        }
    }
}

/// An extension that has registered.
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) events: Vec<Event>,
    stage: Mutex<Stage>,
    told: mpsc::Sender<Value>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Value>>,
}

impl Member {
    pub(crate) fn stage(&self) -> Stage {
        *self.stage.lock()
    }

    /// From here on it is at work.
    fn tell(&self, document: &Value) {
        let mut stage = self.stage.lock();
        *stage = Stage::Working;
        // One that has never taken what it was told before does not hear more.
        let _ = self.told.try_send(document.clone());
    }

    /// What it was told before it asked; it is ready only where that is nothing.
    fn take_or_rest(&self, waiting: &mut mpsc::Receiver<Value>) -> Option<Value> {
        let mut stage = self.stage.lock();
        let event = waiting.try_recv().ok();
        *stage = if event.is_some() { Stage::Working } else { Stage::Ready };
        event
    }
}

/// Why an environment cannot go on with its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// `Extension.Crash`, …
    pub(crate) kind: &'static str,
    pub(crate) reason: String,
}

/// Why a request of an extension is refused: a type of AWS's, and words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(&'static str, String);

/// All extensions of an environment.
pub(crate) struct Extensions {
    /// The files' names of the external ones.
    external: Vec<String>,
    members: Mutex<Vec<Arc<Member>>>,
    /// Told of every change of them.
    news: watch::Sender<()>,
    /// The first that failed.
    failure: watch::Sender<Option<Failure>>,
    phase: Mutex<Phase>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// They may register.
    Init,
    Invoke,
    /// They may end.
    Shutdown,
}

/// The external extensions in a folder of layers, in the order of their names.
pub(crate) fn find(opt: Option<&Path>) -> Vec<String> {
    let Some(opt) = opt else { return Vec::new() };
    // Most layers have none.
    let Ok(files) = std::fs::read_dir(opt.join("extensions")) else { return Vec::new() };
    let files = files.flatten().filter(|file| file.path().is_file());
    let mut names: Vec<String> = files.filter_map(|file| file.file_name().into_string().ok()).collect();
    names.sort();
    names
}

impl Extensions {
    pub(crate) fn new(external: Vec<String>) -> Self {
        let too_many = Failure { kind: "Extension.LaunchError", reason: TOO_MANY.to_owned() };
        let failure = (external.len() > MEMBERS_MAX).then_some(too_many);
        let (news, failure) = (watch::Sender::new(()), watch::Sender::new(failure));
        Self { external, members: Mutex::default(), news, failure, phase: Mutex::new(Phase::Init) }
    }

    pub(crate) fn members(&self) -> Vec<Arc<Member>> {
        self.members.lock().clone()
    }

    /// External ones that are more than may be: these are not started.
    pub(crate) fn surplus(&self) -> &[String] {
        self.external.get(MEMBERS_MAX..).unwrap_or_default()
    }

    pub(crate) fn are_there(&self) -> bool {
        !self.external.is_empty() || !self.members.lock().is_empty()
    }

    /// Nobody registers any more.
    pub(crate) fn close(&self) {
        let mut phase = self.phase.lock();
        if *phase == Phase::Init {
            *phase = Phase::Invoke;
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.phase.lock() == Phase::Init
    }

    fn register(&self, name: &str, events: &[String]) -> Result<Arc<Member>, Refused> {
        let events = self.wished(name, events)?;
        if !self.is_open() {
            return Err(Refused(
                "Extension.RegistrationClosed",
                "Extension registration closed already".into(),
            ));
        }
        let mut members = self.members.lock();
        if members.iter().any(|member| member.name == name) {
            let message = "Extension with this name already registered";
            return Err(Refused("Extension.InvalidExtensionState", message.into()));
        }
        if members.len() >= MEMBERS_MAX {
            let message = format!("Extension limit ({MEMBERS_MAX}) reached");
            return Err(Refused("Extension.TooManyExtensions", message));
        }
        let (told, waiting) = mpsc::channel(EVENTS_MAX);
        let member = Arc::new(Member {
            id: uuid::Uuid::new_v4().to_string(),
            name: name.to_owned(),
            events,
            stage: Mutex::new(Stage::Registered),
            told,
            waiting: tokio::sync::Mutex::new(waiting),
        });
        members.push(member.clone());
        drop(members);
        self.news.send_replace(());
        Ok(member)
    }

    /// Internal extensions end with the function, and hear of nothing but its events.
    fn wished(&self, name: &str, events: &[String]) -> Result<Vec<Event>, Refused> {
        let is_external = self.external.iter().any(|external| external == name);
        let wished = events.iter().map(|event| match event.as_str() {
            "INVOKE" => Ok(Event::Invoke),
            "SHUTDOWN" if is_external => Ok(Event::Shutdown),
            "SHUTDOWN" => Err("event not supported by internal extensions"),
            _ => Err("invalid event"),
        });
        let named = events.iter().zip(wished);
        named
            .map(|(name, event)| {
                event.map_err(|why| Refused("Extension.InvalidEventType", format!("{name}: {why}")))
            })
            .collect()
    }

    fn find(&self, id: &str) -> Option<Arc<Member>> {
        self.members.lock().iter().find(|member| member.id == id).cloned()
    }

    /// Waits for the next event that the extension is to hear of; none where the environment ends without.
    async fn next(&self, member: &Member) -> Option<Value> {
        let mut waiting = member.waiting.lock().await;
        if let Some(event) = member.take_or_rest(&mut waiting) {
            return Some(event);
        }
        self.news.send_replace(());
        let event = waiting.recv().await;
        self.set(member, Stage::Working);
        event
    }

    fn set(&self, member: &Member, stage: Stage) {
        *member.stage.lock() = stage;
        self.news.send_replace(());
    }

    fn fail(&self, member: &Member, kind: &'static str, reason: String) {
        self.set(member, Stage::Failed);
        self.note(Failure { kind, reason });
    }

    /// The first failure is the one that counts.
    fn note(&self, failure: Failure) {
        self.failure.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert(failure);
            is_first
        });
    }

    /// The process of an external one has ended, which it may only at the end.
    pub(crate) fn ended(&self, exit: Exit) {
        if *self.phase.lock() != Phase::Shutdown {
            let reason = match exit {
                Exit::Status(status) => format!("exit code {status}"),
                signal @ Exit::Signal(_) => signal.describe(),
            };
            self.note(Failure { kind: "Extension.Crash", reason });
        }
    }

    pub(crate) fn not_launched(&self, reason: String) {
        self.note(Failure { kind: "Extension.LaunchError", reason });
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// Waits until one of them fails.
    pub(crate) async fn failed(&self) -> Failure {
        let mut failure = self.failure.subscribe();
        match failure.wait_for(Option::is_some).await.ok().and_then(|failure| failure.clone()) {
            Some(failure) => failure,
            None => std::future::pending().await,
        }
    }

    /// Waits until every external one has registered: only then does the function start.
    pub(crate) async fn registered(&self) {
        self.until(|members| self.has_all(members)).await;
    }

    /// Waits until all have asked for their next event.
    pub(crate) async fn ready(&self) {
        self.until(|members| {
            self.has_all(members) && members.iter().all(|member| member.stage() == Stage::Ready)
        })
        .await;
    }

    fn has_all(&self, members: &[Arc<Member>]) -> bool {
        self.external.iter().all(|name| members.iter().any(|member| member.name == *name))
    }

    async fn until(&self, holds: impl Fn(&[Arc<Member>]) -> bool) {
        let mut news = self.news.subscribe();
        // It ends with the environment at the latest.
        let _ = news.wait_for(|()| holds(&self.members.lock())).await;
    }

    /// Tells those that want to know. From here on they are at work.
    pub(crate) fn tell(&self, event: Event, document: &Value) {
        if event == Event::Shutdown {
            *self.phase.lock() = Phase::Shutdown;
        }
        for member in self.members().iter().filter(|member| member.events.contains(&event)) {
            member.tell(document);
        }
    }

    fn want_the_end(&self) -> bool {
        self.members.lock().iter().any(|member| member.events.contains(&Event::Shutdown))
    }
}

#[cfg(test)]
mod tests;
