//! The client's side: one connection per request over the daemon's socket.

use crate::error::{ErrorKind, UserError};
use crate::limits;
use crate::view::{
    AnswerBody, ApplyBody, ChangesView, CreateBody, DiffBody, DiffView, DoctorView,
    EgressGrantBody, EgressWordsBody, EgressWordsView, LogEntry, MachineView, ModelsView,
    OffersView, PlanBody, PlanDecisionBody, SayBody, SecretBody, SecretRemoveBody, SecretView,
    TaskLine, TaskView, VersionView,
};
use crate::view_memory::{MemoryBody, MemoryView};
use crate::view_steering::{AsideBody, AsideView, KeysBody, SwitchBody};
use crate::view_window::{WindowAsked, WindowLink};
use crate::watch::Watch;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};
use task::TaskId;
use task::provenance::Provenance;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinSet;

/// Speaks to the daemon that listens at one socket.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing listens at the socket.
    #[error("no daemon is running")]
    NotRunning { source: io::Error },
    #[error("the socket cannot be reached")]
    Unreachable { source: io::Error },
    /// The daemon ended or gave up before the answer was complete.
    #[error("the connection to the daemon broke off")]
    Cut { source: Box<dyn std::error::Error + Send + Sync> },
    /// The daemon was asked to end. Its tasks go on when it runs again.
    #[error("the daemon was asked to end")]
    Shut,
    /// It listens, but does not speak.
    #[error("the daemon does not answer")]
    Silent,
    #[error("the daemon's answer is not understood")]
    BadAnswer { source: Box<dyn std::error::Error + Send + Sync> },
    #[error("what was asked for could not be written down")]
    Unwritable { source: io::Error },
    /// The daemon's own words.
    #[error("{0}")]
    Refused(UserError),
}

pub(crate) type Answer<T> = Result<T, ClientError>;

/// An answer whose body still flows; the connection lives as long as this.
#[derive(Debug)]
pub(crate) struct Flowing {
    pub(crate) response: Response<Incoming>,
    pub(crate) connection: JoinSet<()>,
}

impl Client {
    /// A client of the daemon at `socket`; connects only when asked for something.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub async fn version(&self) -> Answer<VersionView> {
        let asked = self.get("/v1/version".to_owned());
        tokio::time::timeout(limits::HELLO_TIMEOUT, asked).await.map_err(|_| ClientError::Silent)?
    }

    pub async fn shut(&self) -> Answer<()> {
        self.ask(Method::POST, "/v1/shut".to_owned(), Bytes::new()).await.map(drop)
    }

    /// A link that opens the window in a browser, once.
    pub async fn window(&self, body: &WindowAsked) -> Answer<WindowLink> {
        self.post("/v1/window".to_owned(), body).await
    }

    pub async fn offers(&self) -> Answer<OffersView> {
        self.get("/v1/offers".to_owned()).await
    }

    pub async fn models(&self) -> Answer<ModelsView> {
        self.get("/v1/models".to_owned()).await
    }

    pub async fn doctor(&self) -> Answer<DoctorView> {
        self.get("/v1/doctor".to_owned()).await
    }

    pub async fn egress_words(&self, body: &EgressWordsBody) -> Answer<EgressWordsView> {
        self.post("/v1/egress/words".to_owned(), body).await
    }

    pub async fn allow(&self, task: &TaskId, body: &EgressGrantBody) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/egress"), body).await
    }

    pub async fn memory(&self) -> Answer<MemoryView> {
        self.get("/v1/memory".to_owned()).await
    }

    pub async fn set_memory(&self, body: &MemoryBody) -> Answer<MemoryView> {
        self.post("/v1/memory".to_owned(), body).await
    }

    pub async fn secrets(&self) -> Answer<Vec<SecretView>> {
        self.get("/v1/secrets".to_owned()).await
    }

    pub async fn set_secret(&self, body: &SecretBody) -> Answer<Vec<SecretView>> {
        self.post("/v1/secrets".to_owned(), body).await
    }

    pub async fn remove_secret(&self, body: &SecretRemoveBody) -> Answer<Vec<SecretView>> {
        self.post("/v1/secrets/remove".to_owned(), body).await
    }

    pub async fn machines(&self) -> Answer<Vec<MachineView>> {
        self.get("/v1/machines".to_owned()).await
    }

    pub async fn create(&self, body: &CreateBody) -> Answer<TaskView> {
        self.post("/v1/tasks".to_owned(), body).await
    }

    pub async fn list(&self) -> Answer<Vec<TaskLine>> {
        self.get("/v1/tasks".to_owned()).await
    }

    pub async fn show(&self, task: &TaskId) -> Answer<TaskView> {
        self.get(format!("/v1/tasks/{task}")).await
    }

    /// The transcript after the item `after`, and from then on.
    pub async fn watch(&self, task: &TaskId, after: u64) -> Answer<Watch> {
        let path = format!("/v1/tasks/{task}/watch?after={after}");
        self.open(Method::GET, path, Bytes::new()).await.map(Watch::new)
    }

    pub async fn answer(&self, task: &TaskId, body: &AnswerBody) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/answers"), body).await
    }

    pub async fn edit_plan(&self, task: &TaskId, body: &PlanBody) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/plan/edits"), body).await
    }

    pub async fn decide_plan(&self, task: &TaskId, body: &PlanDecisionBody) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/plan/decision"), body).await
    }

    pub async fn say(&self, task: &TaskId, body: &SayBody) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/say"), body).await
    }

    pub async fn stop(&self, task: &TaskId) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/stop"), &Empty {}).await
    }

    pub async fn hand_keys(&self, body: &KeysBody) -> Answer<()> {
        let body = serde_json::to_vec(body)
            .map_err(|why| ClientError::Unwritable { source: why.into() })?;
        self.ask(Method::POST, "/v1/keys".to_owned(), body.into()).await.map(drop)
    }

    pub async fn pause(&self, task: &TaskId) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/pause"), &Empty {}).await
    }

    pub async fn resume(&self, task: &TaskId) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/resume"), &Empty {}).await
    }

    pub async fn switch(&self, task: &TaskId, body: &SwitchBody) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/model"), body).await
    }

    pub async fn aside(&self, task: &TaskId, body: &AsideBody) -> Answer<AsideView> {
        self.post(format!("/v1/tasks/{task}/asides"), body).await
    }

    pub async fn changes(&self, task: &TaskId, offset: u64) -> Answer<ChangesView> {
        self.get(format!("/v1/tasks/{task}/changes?offset={offset}")).await
    }

    pub async fn diff(&self, task: &TaskId, body: &DiffBody) -> Answer<DiffView> {
        self.post(format!("/v1/tasks/{task}/changes/diff"), body).await
    }

    pub async fn apply(&self, task: &TaskId, body: &ApplyBody) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/apply"), body).await
    }

    pub async fn undo(&self, task: &TaskId) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/undo"), &Empty {}).await
    }

    /// Where a file that the task made comes from.
    pub async fn provenance(&self, task: &TaskId, path: &str) -> Answer<Provenance> {
        self.get(format!("/v1/tasks/{task}/provenance?path={}", escaped(path))).await
    }

    /// One page of events after position `after`; empty when there are no more.
    pub async fn log(&self, task: &TaskId, after: u64) -> Answer<Vec<LogEntry>> {
        self.get(format!("/v1/tasks/{task}/log?after={after}")).await
    }

    /// Writes the task's archive to `out` as it comes, and says how many bytes it has.
    pub async fn export(&self, task: &TaskId, out: &mut (impl AsyncWrite + Unpin)) -> Answer<u64> {
        let path = format!("/v1/tasks/{task}/export");
        let mut flowing = self.open(Method::GET, path, Bytes::new()).await?;
        let mut size_bytes = 0;
        while let Some(frame) = flowing.response.body_mut().frame().await {
            let frame = frame.map_err(|why| ClientError::Cut { source: why.into() })?;
            let Ok(bytes) = frame.into_data() else { continue };
            size_bytes += bytes.len() as u64;
            out.write_all(&bytes).await.map_err(|source| ClientError::Unwritable { source })?;
        }
        out.flush().await.map_err(|source| ClientError::Unwritable { source })?;
        Ok(size_bytes)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: String) -> Answer<T> {
        parse(&self.ask(Method::GET, path, Bytes::new()).await?)
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: String,
        body: &impl Serialize,
    ) -> Answer<T> {
        let body = serde_json::to_vec(body)
            .map_err(|why| ClientError::Unwritable { source: why.into() })?;
        parse(&self.ask(Method::POST, path, body.into()).await?)
    }

    async fn ask(&self, method: Method, path: String, body: Bytes) -> Answer<Bytes> {
        let flowing = self.open(method, path, body).await?;
        read_whole(flowing.response).await
    }

    pub(crate) async fn connect(&self) -> Answer<UnixStream> {
        UnixStream::connect(&self.socket).await.map_err(unreachable_socket)
    }

    /// Sends the request and reads the head of the answer; an error is read whole.
    pub(crate) async fn open(&self, method: Method, path: String, body: Bytes) -> Answer<Flowing> {
        let stream = self.connect().await?;
        let cut = |why: hyper::Error| ClientError::Cut { source: why.into() };
        let (mut sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(cut)?;
        let mut connection = JoinSet::new();
        // Its errors reach us through the answer.
        connection.spawn(async move { drop(driver.await) });
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "legwork")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|why| ClientError::Unwritable { source: io::Error::other(why) })?;
        let response = sender.send_request(request).await.map_err(cut)?;
        if response.status().is_success() {
            return Ok(Flowing { response, connection });
        }
        let status = response.status();
        Err(refusal(status, &read_whole(response).await?))
    }
}

/// A body without wishes.
#[derive(Serialize)]
struct Empty {}

async fn read_whole(response: Response<Incoming>) -> Answer<Bytes> {
    let body = Limited::new(response.into_body(), limits::ANSWER_BYTES_MAX);
    let whole = body.collect().await.map_err(|source| ClientError::Cut { source })?;
    Ok(whole.to_bytes())
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    serde_json::from_slice(bytes).map_err(|why| ClientError::BadAnswer { source: why.into() })
}

fn refusal(status: StatusCode, body: &[u8]) -> ClientError {
    match serde_json::from_slice(body) {
        Ok(error) => ClientError::Refused(error),
        Err(_) => {
            ClientError::BadAnswer { source: format!("it answers with status {status}").into() }
        }
    }
}

fn unreachable_socket(source: io::Error) -> ClientError {
    match source.kind() {
        // Reset: it ended before it had taken the connection.
        io::ErrorKind::NotFound
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset => ClientError::NotRunning { source },
        _ => ClientError::Unreachable { source },
    }
}

impl ClientError {
    /// Whether asking a fresh daemon again may help.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::NotRunning { .. } | Self::Cut { .. })
    }
}

impl From<ClientError> for UserError {
    fn from(error: ClientError) -> Self {
        let what = error.to_string();
        let unavailable = |code| Self::new(ErrorKind::Unavailable, code, &what);
        match error {
            ClientError::Refused(error) => error,
            ClientError::NotRunning { source } => unavailable("daemon-not-running")
                .cause(source)
                .next("`legwork serve` starts it; so does every other command"),
            ClientError::Unreachable { source } => unavailable("socket-unreachable")
                .cause(source)
                .next("check that the socket's folder is yours: `legwork doctor` names it"),
            ClientError::Cut { source } => unavailable("daemon-cut")
                .cause(source)
                .next("ask again: nothing that the daemon acknowledged is lost"),
            ClientError::Shut => unavailable("daemon-ended")
                .next("the task goes on when it runs again: every command starts it"),
            ClientError::Silent => unavailable("daemon-silent")
                .cause("it took the connection, but said nothing for 10 seconds")
                .next("end it with `legwork serve --stop`, or end its process, and ask again"),
            ClientError::BadAnswer { source } => {
                Self::new(ErrorKind::Bug, "answer-malformed", &what)
                    .cause(source)
                    .next("`legwork serve --stop` ends a daemon of another version; then ask again")
            }
            ClientError::Unwritable { source } => unavailable("output-unwritable").cause(source),
        }
    }
}

/// As a value in a query: everything but letters, digits and a few signs as `%XX`.
pub(crate) fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte);
    let escape = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
