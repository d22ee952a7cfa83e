//! Following a task: show what comes, ask the person where one is there, and stop watching when the
//! task rests, waits, or the person leaves. The task goes on without us.
//!
//! ```text
//! watch ──item──► show ──waits?──► person there: ask, send, go on
//!   ▲                              nobody there: say how to answer, leave
//!   └── broke off: start the daemon again if need be, take up after the last item
//! ```

use crate::asking::{self, PlanChoice, Said};
use crate::ending;
use crate::exit::{Exit, Failure};
use crate::limits;
use crate::link;
use crate::plan_edit;
use crate::screen::{Ink, Screen};
use crate::transcript_text::{Told, Wish, show_question};
use api::{AnswerBody, Client, ClientError, Place, PlanDecisionBody, TaskView, UserError};
use std::collections::HashMap;
use std::io;
use task::TaskId;
use task::transcript::{Item, PlanMood, What};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Who follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follower {
    /// At a terminal; may be asked.
    Person,
    /// Reads lines; is never asked.
    Pipe,
    /// Reads one JSON object per item.
    JsonItems,
    /// Reads only the task as it is in the end.
    JsonEnd,
}

/// One task being followed.
pub(crate) struct Follow<'a> {
    pub(crate) place: &'a Place,
    pub(crate) client: Client,
    pub(crate) task: TaskId,
    pub(crate) follower: Follower,
    told: Told,
    /// Id of the newest version that came of each stored item, by its key.
    came: HashMap<String, u64>,
    resumes: u32,
}

/// Why the following ends.
enum End {
    Rested,
    Waits,
    Left,
    /// The daemon was asked to end.
    Shut,
}

impl<'a> Follow<'a> {
    pub(crate) fn new(place: &'a Place, client: Client, task: TaskId, follower: Follower) -> Self {
        let (told, came) = (Told::default(), HashMap::new());
        Self { place, client, task, follower, told, came, resumes: 0 }
    }

    /// Follows until there is nothing more to follow, tells the end, and returns the exit status.
    pub(crate) async fn until_end(mut self, screen: &mut Screen) -> Result<Exit, Failure> {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::from)?;
        loop {
            let end = match self.follow(screen, &mut interrupt).await {
                Ok(end) => end,
                Err(Broken::Cut(error)) => tokio::select! {
                    resumed = self.resume(error) => {
                        resumed?;
                        continue;
                    }
                    _ = interrupt.recv() => End::Left,
                },
                Err(Broken::Failed(failure)) => return Err(failure),
            };
            screen.clear_live()?;
            return match end {
                End::Rested => self.tell_end(screen).await,
                End::Waits => self.tell_waiting(screen).await,
                End::Left => self.tell_left(screen, "goes on without you"),
                End::Shut => {
                    self.tell_left(screen, "goes on when the daemon runs again: it was stopped")
                }
            };
        }
    }

    async fn follow(&mut self, screen: &mut Screen, interrupt: &mut Signal) -> Result<End, Broken> {
        // From the first item on, also after a break: items come in reading order, so the newest
        // one that came does not say which others did.
        let mut watch = self.client.watch(&self.task, 0).await?;
        loop {
            let item = tokio::select! {
                item = watch.next() => item,
                _ = interrupt.recv() => return Ok(End::Left),
            };
            let item = match item.transpose() {
                Err(ClientError::Shut) => return Ok(End::Shut),
                item => item?,
            };
            let Some(item) = item else {
                let view = self.client.show(&self.task).await?;
                if view.rest.is_some() {
                    return Ok(End::Rested);
                }
                let source = "the watch ended before the task did".into();
                return Err(Broken::Cut(ClientError::Cut { source }));
            };
            self.resumes = 0;
            if self.take(screen, &item)? == Wish::Decision {
                let view = self.client.show(&self.task).await?;
                if !view.plan_waits && view.questions.is_empty() {
                    continue;
                }
                if self.follower != Follower::Person {
                    return Ok(End::Waits);
                }
                if self.ask(screen, view).await? == Said::Later {
                    return Ok(End::Waits);
                }
            }
        }
    }

    /// Shows an item that did not come before, in the way that suits the follower.
    fn take(&mut self, screen: &mut Screen, item: &Item) -> io::Result<Wish> {
        let is_live = matches!(
            item.what,
            What::Progress { .. } | What::Output { .. } | What::Speaking { .. }
        );
        if !is_live {
            let newest = self.came.entry(item.key.clone()).or_default();
            if *newest >= item.id {
                return Ok(Wish::Nothing);
            }
            *newest = item.id;
        }
        match self.follower {
            Follower::Person | Follower::Pipe => return self.told.show(screen, item),
            Follower::JsonItems => screen.json(item)?,
            Follower::JsonEnd => (),
        }
        let waits = matches!(
            item.what,
            What::Plan { state: PlanMood::Waiting, .. } | What::Question { answer: None, .. }
        );
        Ok(if waits { Wish::Decision } else { Wish::Nothing })
    }

    /// Asks for everything that waits in `view`.
    async fn ask(&mut self, screen: &mut Screen, view: TaskView) -> Result<Said<()>, Broken> {
        if view.plan_waits {
            return self.ask_plan(screen, view).await;
        }
        for (question, index) in view.questions.iter().zip(0..) {
            let ask = &question.ask;
            if index > 0 {
                show_question(screen, ask)?;
            }
            let Said::This(answer) = asking::answer(screen, ask)? else { return Ok(Said::Later) };
            let body = AnswerBody { question: question.id, answer };
            let sent = self.client.answer(&self.task, &body).await;
            go_on(screen, sent)?;
        }
        Ok(Said::This(()))
    }

    async fn ask_plan(&mut self, screen: &mut Screen, view: TaskView) -> Result<Said<()>, Broken> {
        loop {
            let Said::This(choice) = asking::plan(screen)? else { return Ok(Said::Later) };
            let approved = match choice {
                PlanChoice::Later => return Ok(Said::Later),
                PlanChoice::Approve => true,
                PlanChoice::Refuse => false,
                PlanChoice::Edit => {
                    let Some(plan) = &view.plan else { return Ok(Said::This(())) };
                    let edits = match plan_edit::in_editor(screen, self.place, &self.task, plan) {
                        Ok(edits) => edits,
                        Err(Failure::Told(error)) => {
                            screen.text(0, Ink::Bad, &error.to_string())?;
                            continue;
                        }
                        Err(failure) => return Err(Broken::Failed(failure)),
                    };
                    if edits.is_empty() {
                        screen.text(0, Ink::Faint, "The plan is as it was.")?;
                        continue;
                    }
                    let body = api::PlanBody { edits };
                    let sent = self.client.edit_plan(&self.task, &body).await;
                    let after = go_on(screen, sent)?;
                    if after.is_some_and(|after| after.plan != view.plan) {
                        // The changed plan comes as an item, and is asked about again.
                        return Ok(Said::This(()));
                    }
                    continue;
                }
            };
            let sent = self.client.decide_plan(&self.task, &PlanDecisionBody { approved }).await;
            go_on(screen, sent)?;
            return Ok(Said::This(()));
        }
    }

    /// Takes the watch up again after the daemon went away.
    async fn resume(&mut self, error: ClientError) -> Result<(), Failure> {
        if self.resumes >= limits::RESUMES_MAX {
            return Err(error.into());
        }
        self.resumes += 1;
        tokio::time::sleep(limits::RESUME_PAUSE).await;
        self.client = link::connect(self.place).await?;
        Ok(())
    }

    async fn tell_end(&mut self, screen: &mut Screen) -> Result<Exit, Failure> {
        let view = self.client.show(&self.task).await?;
        match self.follower {
            Follower::JsonEnd => screen.json(&view)?,
            Follower::JsonItems => (),
            Follower::Person | Follower::Pipe => {
                let changes = changes_of(&self.client, &self.task, &view).await?;
                ending::show(screen, &view, changes.as_ref())?;
            }
        }
        Ok(ending::exit(&view))
    }

    async fn tell_waiting(&mut self, screen: &mut Screen) -> Result<Exit, Failure> {
        let view = self.client.show(&self.task).await?;
        match self.follower {
            Follower::JsonEnd => screen.json(&view)?,
            Follower::JsonItems => (),
            Follower::Person | Follower::Pipe => {
                screen.gap()?;
                let what = if view.plan_waits {
                    "waits for you to decide on its plan"
                } else {
                    "waits for your answer"
                };
                let mark = format!("Task {} ", self.task);
                screen.item((Ink::Strong, &mark), Ink::Warn, what)?;
                ending::show_next(screen, &view)?;
            }
        }
        Ok(Exit::NeedsYou)
    }

    fn tell_left(&self, screen: &mut Screen, what: &str) -> Result<Exit, Failure> {
        if matches!(self.follower, Follower::Person | Follower::Pipe) {
            screen.gap()?;
            screen.item((Ink::Strong, &format!("Task {} ", self.task)), Ink::Plain, what)?;
            screen.command("return", &format!("legwork watch {}", self.task))?;
            screen.command("stop", &format!("legwork stop {}", self.task))?;
        }
        Ok(Exit::Left)
    }
}

/// The first page of changes, when there are any.
pub(crate) async fn changes_of(
    client: &Client,
    id: &TaskId,
    view: &TaskView,
) -> Result<Option<api::ChangesView>, Failure> {
    match view.changes {
        Some(counts) if counts != task::ChangeCounts::default() => {
            Ok(Some(client.changes(id, 0).await?))
        }
        _ => Ok(None),
    }
}

/// Whoever else answered first, or what changed meanwhile, is told; the watch goes on either way.
fn go_on(
    screen: &mut Screen,
    sent: Result<TaskView, ClientError>,
) -> Result<Option<TaskView>, Broken> {
    match sent {
        Ok(view) => Ok(Some(view)),
        Err(ClientError::Refused(error)) => {
            screen.text(0, Ink::Warn, &error.to_string())?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Why a watch broke off.
enum Broken {
    /// The daemon went away; a new watch may go on.
    Cut(ClientError),
    Failed(Failure),
}

impl From<ClientError> for Broken {
    fn from(error: ClientError) -> Self {
        if error.is_gone() { Self::Cut(error) } else { Self::Failed(error.into()) }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<UserError> for Broken {
    fn from(error: UserError) -> Self {
        Self::Failed(error.into())
    }
}
