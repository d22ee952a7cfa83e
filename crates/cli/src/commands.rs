//! One function per command: ask the daemon, show its answer, tell the exit status.

use crate::desk::{Desk, bad_id, open};
use crate::ending;
use crate::exit::{Exit, Failure};
use crate::follow::{Follow, Follower, changes_of};
use crate::link::{connect, connect_with_keys, find};
use crate::network;
use crate::options::{Apply, Command, Export, Log, MachineKind, PlanChange, Run, Say, Serve};
use crate::screen::{Ink, Screen};
use crate::words::{plain, size};
use crate::{
    answering, boundary, changes, doctor, edge, folders, limits, list, log_text, machine, memory,
    models, offers, phone, plan_edit, plan_text, provenance, replay, secret, settings, steering,
    window,
};
use api::{
    ApplyBody, Client, CreateBody, DoctorFinding, DoctorFixBody, DoctorState, DoctorView,
    ErrorKind, LogEntry, Place, PlanBody, PlanDecisionBody, SayBody, TaskView, UserError,
};
use std::path::{Path, PathBuf};
use task::transcript::What;
use task::{MachineWish, Plan, Selection, Standing, TaskId};

/// Carries out `command`; without one, shows what can be done.
pub(crate) async fn carry_out(
    desk: &mut Desk<'_>,
    command: Option<Command>,
) -> Result<Exit, Failure> {
    match command {
        None => offer(desk).await,
        Some(Command::Run(asked)) => run(desk, asked).await,
        Some(Command::Open(asked)) => window::open(desk, &asked).await,
        Some(Command::List) => list(desk).await,
        Some(Command::Show(asked)) => match &asked.from {
            Some(path) => {
                let (client, id) = open(desk, &asked.task).await?;
                provenance::show(&client, &id, path, desk.as_json, desk.screen).await
            }
            None => show(desk, &asked.task).await,
        },
        Some(Command::Watch(asked)) => watch(desk, &asked.task).await,
        Some(Command::Answer(asked)) => answering::answer(desk, &asked).await,
        Some(Command::Plan(asked)) => plan(desk, &asked).await,
        Some(Command::Say(asked)) => say(desk, asked).await,
        Some(Command::Stop(asked)) => stop(desk, &asked.task).await,
        Some(Command::Pause(asked)) => steering::pause(desk, &asked.task).await,
        Some(Command::Resume(asked)) => steering::resume(desk, &asked.task).await,
        Some(Command::Ask(asked)) => steering::ask(desk, asked).await,
        Some(Command::Switch(asked)) => steering::switch(desk, asked).await,
        Some(Command::Changes(asked)) => {
            let (client, id) = open(desk, &asked.task).await?;
            if desk.as_json {
                return changes::json(&client, &id, asked.path.as_ref(), desk.screen).await;
            }
            changes::show(&client, &id, asked.path.as_ref(), desk.screen).await
        }
        Some(Command::Apply(asked)) => apply(desk, &asked).await,
        Some(Command::Undo(asked)) => undo(desk, &asked.task).await,
        Some(Command::Log(asked)) => log(desk, &asked).await,
        Some(Command::Allow(asked)) => network::allow(desk, &asked).await,
        Some(Command::Memory { command }) => memory::memory(desk, command).await,
        Some(Command::Secret { command }) => secret::secret(desk, command).await,
        Some(Command::Machine { command }) => machine::machine(desk, command).await,
        Some(Command::Replay(asked)) => replay::replay(desk, &asked).await,
        Some(Command::Models(asked)) => models::run(desk, asked).await,
        Some(Command::Export(asked)) => export(desk, &asked).await,
        Some(Command::Settings(asked)) => settings::settings(desk, &asked).await,
        Some(Command::Rules { command }) => settings::rules(desk, command).await,
        Some(Command::Boundary(asked)) => boundary::boundary(desk, &asked).await,
        Some(Command::Archive(asked)) => boundary::archive(desk, &asked).await,
        Some(Command::Phone { command }) => phone::phone(desk, command).await,
        Some(Command::Search(asked)) => settings::search(desk, &asked).await,
        Some(Command::Doctor { fix }) => examine(desk, fix).await,
        Some(Command::Serve(asked)) => serve(desk, &asked).await,
        Some(Command::Completions(asked)) => crate::shell::completions(asked.shell, desk.screen),
        Some(Command::Man(asked)) => crate::shell::man(&asked.folder, desk.as_json, desk.screen),
    }
}

async fn offer(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let client = connect(desk.place).await?;
    let mut offers = client.offers().await?;
    let mut minds = daemon::keys_here();
    minds.retain(|key| offers.minds.iter().all(|known| known.what != key.what));
    offers.minds.splice(0..0, minds);
    if desk.as_json {
        desk.screen.json(&offers)?;
    } else {
        offers::show(desk.screen, &offers, &client.list().await?)?;
    }
    Ok(Exit::Done)
}

async fn run(desk: &mut Desk<'_>, asked: Run) -> Result<Exit, Failure> {
    if asked.request.trim().is_empty() {
        return Err(UserError::new(ErrorKind::User, "request-empty", "the request is empty")
            .next("say what is to be done, as in `legwork run \"Sort these files\" --folder .`")
            .into());
    }
    let folders = folders::parse_all(&asked.folder, desk.place)?;
    let client = connect_with_keys(desk.place).await?;
    let egress = match &asked.allow {
        Some(words) => network::rules(desk, &client, words, asked.yes || asked.detach).await?,
        None => vec![],
    };
    let body = CreateBody {
        folders,
        request: asked.request,
        standing: Standing {
            approve_plan: asked.yes,
            take_suggestions: asked.yes,
            apply_if_checked: asked.apply,
            unplanned: asked.no_plan,
        },
        playbook: asked.playbook,
        model: asked.model,
        machine: match asked.machine {
            MachineKind::Jail => MachineWish::Jail,
            MachineKind::Vm => MachineWish::Vm,
            MachineKind::Auto => MachineWish::Auto,
        },
        egress,
        with: asked.with,
    };
    let view = client.create(&body).await?;
    let id: TaskId = view.line.id.parse().map_err(|_| bad_id(&view))?;
    if asked.detach {
        if desk.as_json {
            desk.screen.json(&view)?;
            return Ok(Exit::Done);
        }
        desk.screen.item((Ink::Strong, &format!("Task {id} ")), Ink::Plain, "was handed over")?;
        desk.screen.command("follow", &format!("legwork watch {id}"))?;
        desk.screen.command("stop", &format!("legwork stop {id}"))?;
        return Ok(Exit::Done);
    }
    if !desk.as_json {
        desk.screen.raw(&desk.screen.ink(Ink::Strong, &format!("Task {id}")))?;
    }
    let follower = if desk.as_json { Follower::JsonEnd } else { reader() };
    Follow::new(desk.place, client, id, follower).until_end(desk.screen).await
}

fn reader() -> Follower {
    if edge::has_person() { Follower::Person } else { Follower::Pipe }
}

async fn list(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let tasks = connect(desk.place).await?.list().await?;
    if desk.as_json {
        desk.screen.json(&tasks)?;
    } else {
        list::show(desk.screen, &tasks)?;
    }
    Ok(Exit::Done)
}

async fn show(desk: &mut Desk<'_>, named: &str) -> Result<Exit, Failure> {
    let (client, id) = open(desk, named).await?;
    let view = client.show(&id).await?;
    if desk.as_json {
        desk.screen.json(&view)?;
    } else {
        let changes = changes_of(&client, &id, &view).await?;
        ending::show_whole(desk.screen, &view, changes.as_ref())?;
    }
    Ok(Exit::Done)
}

async fn watch(desk: &mut Desk<'_>, named: &str) -> Result<Exit, Failure> {
    let (client, id) = open(desk, named).await?;
    let follower = if desk.as_json { Follower::JsonItems } else { reader() };
    if !desk.as_json {
        desk.screen.raw(&desk.screen.ink(Ink::Strong, &format!("Task {id}")))?;
    }
    Follow::new(desk.place, client, id, follower).until_end(desk.screen).await
}

async fn plan(desk: &mut Desk<'_>, asked: &PlanChange) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let mut view = client.show(&id).await?;
    let plan = view.plan.clone().ok_or_else(|| no_plan(&view))?;
    let edits = if asked.edit {
        plan_edit::in_editor(desk.screen, desk.place, &id, &plan)?
    } else {
        plan_edit::by_options(&plan, asked)?
    };
    let has_edits = !edits.is_empty();
    if has_edits {
        view = client.edit_plan(&id, &PlanBody { edits }).await?;
    }
    if asked.approve || asked.refuse {
        let body = PlanDecisionBody { approved: asked.approve };
        view = client.decide_plan(&id, &body).await?;
    }
    if desk.as_json {
        desk.screen.json(&serde_json::json!({
            "task": view.line.id, "plan": view.plan,
            "waits": view.plan_waits, "approved": view.plan_approved,
        }))?;
        return Ok(Exit::Done);
    }
    let shown = view.plan.as_ref().unwrap_or(&plan);
    tell_plan(desk.screen, &view, shown, asked, has_edits)?;
    Ok(Exit::Done)
}

fn tell_plan(
    screen: &mut Screen,
    view: &TaskView,
    plan: &Plan,
    asked: &PlanChange,
    has_edits: bool,
) -> Result<(), Failure> {
    let is_decided = asked.approve || asked.refuse;
    if has_edits || !is_decided {
        plan_text::show(screen, plan, usize::MAX - 1)?;
        screen.gap()?;
    }
    let id = &view.line.id;
    if asked.approve {
        screen.item((Ink::Good, "✓ "), Ink::Plain, "Plan approved: the work begins.")?;
        screen.command("follow", &format!("legwork watch {id}"))?;
    } else if asked.refuse {
        screen.item((Ink::Bad, "✗ "), Ink::Plain, "Plan refused: the task ends.")?;
    } else if view.plan_waits {
        screen.text(0, Ink::Warn, "This plan waits for you.")?;
        ending::show_next(screen, view)?;
    } else if view.plan_approved {
        screen.text(0, Ink::Faint, "This plan was approved.")?;
    }
    Ok(())
}

fn no_plan(view: &TaskView) -> UserError {
    let what = format!("task {} has no plan", plain(&view.line.id));
    let error = UserError::new(ErrorKind::User, "plan-missing", what);
    if view.rest.is_some() {
        return error.cause(format!("it ended before it made one: {}", plain(&view.line.now)));
    }
    error
        .cause("it is still looking at the folders")
        .next(format!("`legwork watch {}` shows when it has one", view.line.id))
}

async fn say(desk: &mut Desk<'_>, asked: Say) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let view = client.say(&id, &SayBody { text: asked.text }).await?;
    if desk.as_json {
        desk.screen.json(&view)?;
    } else if view.line.spent.is_some() {
        desk.screen.item((Ink::Good, "✓ "), Ink::Plain, &format!("Task {id} was told"))?;
    } else {
        let kept = "kept with the task, but a playbook heeds only its plan and your answers";
        desk.screen.item((Ink::Warn, "! "), Ink::Plain, kept)?;
        desk.screen.command("change", &format!("legwork plan {id} --edit"))?;
        desk.screen.command("stop", &format!("legwork stop {id}"))?;
    }
    Ok(Exit::Done)
}

async fn stop(desk: &mut Desk<'_>, named: &str) -> Result<Exit, Failure> {
    let (client, id) = open(desk, named).await?;
    let view = client.stop(&id).await?;
    if desk.as_json {
        desk.screen.json(&view)?;
        return Ok(Exit::Done);
    }
    let text = if view.rest.is_some() { "is at rest" } else { "is being stopped" };
    desk.screen.item((Ink::Strong, &format!("Task {id} ")), Ink::Plain, text)?;
    desk.screen.command("look", &format!("legwork show {id}"))?;
    Ok(Exit::Done)
}

async fn apply(desk: &mut Desk<'_>, asked: &Apply) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let before = client.show(&id).await?;
    let named = |paths: &[std::ffi::OsString]| {
        let named = paths.iter().map(|path| changes::named_path(&before.shares, path));
        named.collect::<Result<Vec<String>, UserError>>()
    };
    let selection = Selection { paths: named(&asked.paths)?, ticks: named(&asked.tick)? };
    let body = ApplyBody { selection, despite_checks: asked.despite_checks };
    desk.screen.live("Applying …")?;
    let view = client.apply(&id, &body).await?;
    tell_applied(desk, &client, &before, &view).await
}

async fn undo(desk: &mut Desk<'_>, named: &str) -> Result<Exit, Failure> {
    let (client, id) = open(desk, named).await?;
    let before = client.show(&id).await?;
    desk.screen.live("Undoing …")?;
    let view = client.undo(&id).await?;
    tell_applied(desk, &client, &before, &view).await
}

/// Tells what an apply or an undo did, from what came about since `before`.
async fn tell_applied(
    desk: &mut Desk<'_>,
    client: &Client,
    before: &TaskView,
    view: &TaskView,
) -> Result<Exit, Failure> {
    let id: TaskId = view.line.id.parse().map_err(|_| bad_id(view))?;
    let found = changes::all(client, &id).await?;
    let unlike = |view: &TaskView| view.applied.map_or(0, |it| it.conflicts + it.skipped);
    let (exit, mark) = if view.applied == before.applied {
        // What was in force still is: the item that follows says why.
        (Exit::Failed, (Ink::Bad, "✗ "))
    } else if unlike(view) > unlike(before) || !found.stays.is_empty() {
        (Exit::NeedsYou, (Ink::Warn, "! "))
    } else {
        (Exit::Done, (Ink::Good, "✓ "))
    };
    if desk.as_json {
        desk.screen.json(view)?;
        return Ok(exit);
    }
    let mut watch = client.watch(&id, before.seq).await?;
    while let Some(item) = watch.next().await.transpose()? {
        if let What::Applied { text } = item.what {
            desk.screen.item(mark, Ink::Strong, &format!("Task {id}: {text}"))?;
        }
    }
    let special = found.changes.iter().filter(|change| {
        let usual = change.outcome.as_deref().is_none_or(|it| it == "applied" || it == "undone");
        !usual || change.refused.is_some()
    });
    for change in special.take(limits::FILES_SHOWN) {
        changes::show_change(desk.screen, change)?;
    }
    let is_listed = |path: &str| found.changes.iter().any(|change| change.path == path);
    let beside = found.stays.iter().filter(|it| !is_listed(&it.path));
    for it in beside.take(limits::FILES_SHOWN) {
        let text = format!("{}: {}", it.path, it.why);
        desk.screen.item((Ink::Warn, "  ! "), Ink::Plain, &text)?;
    }
    for share in &view.shares {
        desk.screen.item((Ink::Faint, "  in       "), Ink::Key, &share.host)?;
    }
    let is_left = !found.stays.is_empty();
    ending::show_next_after(desk.screen, view, is_left, changes::has_rest(&found))?;
    Ok(exit)
}

async fn log(desk: &mut Desk<'_>, asked: &Log) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    let mut after = 0;
    loop {
        let page = client.log(&id, after).await?;
        let Some(last) = page.last() else { return Ok(Exit::Done) };
        if last.seq <= after {
            return Ok(Exit::Done);
        }
        after = last.seq;
        let is_wanted =
            |entry: &&LogEntry| !asked.egress || log_text::said_of_egress(&entry.event).is_some();
        for entry in page.iter().filter(is_wanted) {
            if desk.as_json {
                desk.screen.json(entry)?;
            } else if asked.egress {
                network::show_entry(desk.screen, entry)?;
            } else {
                log_text::show(desk.screen, entry)?;
            }
        }
    }
}

async fn export(desk: &mut Desk<'_>, asked: &Export) -> Result<Exit, Failure> {
    let (client, id) = open(desk, &asked.task).await?;
    if asked.output.as_deref() == Some(Path::new("-")) {
        if desk.screen.look().width.is_some() {
            return Err(UserError::new(
                ErrorKind::User,
                "output-is-terminal",
                "an archive is nothing to read",
            )
            .next(format!("write it into a file: `legwork export {id} -o {id}.tar`"))
            .into());
        }
        client.export(&id, &mut tokio::fs::File::from_std(edge::raw_output()?)).await?;
        return Ok(Exit::Done);
    }
    let path = asked.output.clone().unwrap_or_else(|| PathBuf::from(format!("legwork-{id}.tar")));
    let made = tokio::fs::OpenOptions::new().write(true).create_new(true).open(&path).await;
    let mut file = made.map_err(|why| unwritable(&path, &why))?;
    let written = client.export(&id, &mut file).await;
    let size_bytes = match written {
        Ok(size_bytes) => size_bytes,
        Err(error) => {
            // Half an archive looks like a whole one.
            let _ = tokio::fs::remove_file(&path).await;
            return Err(error.into());
        }
    };
    if desk.as_json {
        desk.screen.json(&serde_json::json!({ "file": path, "size_bytes": size_bytes }))?;
    } else {
        let text = format!("Task {id} was written to {} ({})", path.display(), size(size_bytes));
        desk.screen.item((Ink::Good, "✓ "), Ink::Plain, &text)?;
    }
    Ok(Exit::Done)
}

fn unwritable(path: &Path, why: &std::io::Error) -> UserError {
    let what = format!("the archive cannot be written to {}", path.display());
    let error = UserError::new(ErrorKind::User, "output-unwritable", what).cause(why);
    if why.kind() == std::io::ErrorKind::AlreadyExists {
        return error
            .next("name another file with -o, or take that one away; nothing is overwritten");
    }
    error.next("name another file with `-o FILE`")
}

async fn examine(desk: &mut Desk<'_>, fix: bool) -> Result<Exit, Failure> {
    let found = match connect(desk.place).await {
        Ok(client) => {
            let mut found = client.doctor().await?;
            if fix {
                for it in std::mem::take(&mut found.fixes) {
                    found = client.fix(&DoctorFixBody { id: it.id }).await?;
                }
            }
            found
        }
        Err(error) => {
            // What cannot be asked cannot be told; the reason is the finding.
            let detail = if error.cause.is_empty() {
                error.what
            } else {
                format!("{}: {}", error.what, error.cause)
            };
            let finding = DoctorFinding {
                what: "daemon".to_owned(),
                state: DoctorState::Broken,
                detail,
                next: error.next.into_iter().next(),
            };
            DoctorView { findings: vec![finding], fixes: vec![] }
        }
    };
    if desk.as_json {
        desk.screen.json(&found)?;
        return Ok(doctor::exit(&found));
    }
    Ok(doctor::show(desk.screen, desk.place, &found)?)
}

async fn serve(desk: &mut Desk<'_>, asked: &Serve) -> Result<Exit, Failure> {
    if !asked.stop {
        daemon::serve(desk.place.clone()).await?;
        return Ok(Exit::Done);
    }
    let was_running = stop_daemon(desk.place).await?;
    if desk.as_json {
        desk.screen.json(&serde_json::json!({ "was_running": was_running }))?;
    } else if was_running {
        desk.screen.text(
            0,
            Ink::Plain,
            "The daemon has ended. Its tasks go on when it runs again.",
        )?;
    } else {
        desk.screen.text(0, Ink::Plain, "No daemon was running.")?;
    }
    Ok(Exit::Done)
}

/// Asks the daemon to end and waits until it has; says whether there was one.
async fn stop_daemon(place: &Place) -> Result<bool, Failure> {
    let Some((client, pid)) = find(place).await? else { return Ok(false) };
    client.shut().await?;
    for _ in 0..limits::STOP_TRIES {
        // It gives up its socket first and its ledger last.
        if find(place).await?.is_none() && !edge::is_running(pid) {
            return Ok(true);
        }
        tokio::time::sleep(limits::START_PAUSE).await;
    }
    let what = "the daemon does not end";
    Err(UserError::new(ErrorKind::Unavailable, "daemon-not-ended", what)
        .cause(format!("process {pid} was asked to, and still runs after 30 seconds"))
        .next(format!("see why in its log: {}", place.log_file().display()))
        .into())
}
