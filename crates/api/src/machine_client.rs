//! The client's side of what machines are made of.

use crate::client::{Client, ClientError, Flowing};
use crate::limits;
use crate::view_machine::{
    FreeBody, ImageBuildBody, ImageNews, ImageView, LayerView, NamedBody, RoomView,
};
use http_body_util::BodyExt;
use hyper::Method;
use task::TaskId;

type Answer<T> = Result<T, ClientError>;

impl Client {
    pub async fn room(&self) -> Answer<RoomView> {
        self.get("/v1/room".to_owned()).await
    }

    /// Has what ended tasks installed removed.
    pub async fn free(&self, body: &FreeBody) -> Answer<RoomView> {
        self.post("/v1/room/free".to_owned(), body).await
    }

    pub async fn images(&self) -> Answer<Vec<ImageView>> {
        self.get("/v1/images".to_owned()).await
    }

    /// Has an image made; it is made also when nobody listens any more.
    pub async fn build_image(&self, body: &ImageBuildBody) -> Answer<Building> {
        let body = serde_json::to_vec(body)
            .map_err(|why| ClientError::Unwritable { source: why.into() })?;
        let flowing = self.open(Method::POST, "/v1/images/build".to_owned(), body.into()).await?;
        Ok(Building { flowing, bytes: vec![] })
    }

    pub async fn remove_image(&self, body: &NamedBody) -> Answer<Vec<ImageView>> {
        self.post("/v1/images/remove".to_owned(), body).await
    }

    pub async fn layers(&self) -> Answer<Vec<LayerView>> {
        self.get("/v1/layers".to_owned()).await
    }

    pub async fn remove_layer(&self, body: &NamedBody) -> Answer<Vec<LayerView>> {
        self.post("/v1/layers/remove".to_owned(), body).await
    }

    /// Keeps what a task installed.
    pub async fn keep(&self, task: &TaskId, body: &NamedBody) -> Answer<LayerView> {
        self.post(format!("/v1/tasks/{task}/keep"), body).await
    }
}

/// News of an image that is being made.
#[derive(Debug)]
pub struct Building {
    flowing: Flowing,
    bytes: Vec<u8>,
}

impl Building {
    /// What happened next; `None` when the daemon ended before the image was whole.
    pub async fn next(&mut self) -> Option<Answer<ImageNews>> {
        loop {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                let news = serde_json::from_slice(&line);
                return Some(news.map_err(|why| ClientError::BadAnswer { source: why.into() }));
            }
            if self.bytes.len() > limits::ITEM_BYTES_MAX {
                let source = "one line of the answer is too long".into();
                return Some(Err(ClientError::BadAnswer { source }));
            }
            match self.flowing.response.body_mut().frame().await? {
                Ok(frame) => {
                    if let Ok(bytes) = frame.into_data() {
                        self.bytes.extend_from_slice(&bytes);
                    }
                }
                Err(why) => return Some(Err(ClientError::Cut { source: why.into() })),
            }
        }
    }
}
