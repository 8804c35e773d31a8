//! Bytes under their digest, in the archive bucket; and bodies of items, which go there where they are long.

use agent::StoreError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::{
    error::ProvideErrorMetadata, operation::get_object::GetObjectError, primitives::ByteStream,
};
use domain::Digest;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    DynamoStore,
    fault::{TRIES, failed, pause},
    item::{Row, item, text},
};

/// Longest body that an item holds, in bytes; DynamoDB takes 400 KB for a whole item.
pub(super) const BODY: usize = 200_000;

impl DynamoStore {
    /// Keeps bytes. What is there already stays as it is: an object is never written over.
    pub(super) async fn keep(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        for tries in 0..TRIES {
            let request = self.s3.put_object().bucket(&self.archive).key(object(&digest));
            let request = request.if_none_match("*").body(ByteStream::from(bytes.to_vec()));
            match request.send().await {
                Ok(_) => return Ok(digest),
                Err(error) if error.code() == Some("PreconditionFailed") => return Ok(digest),
                // Somebody else is writing the same bytes, and may not finish.
                Err(error) if error.code() == Some("ConditionalRequestConflict") => pause(tries).await,
                Err(error) => return Err(failed(error)),
            }
        }
        Err(StoreError::Unavailable(format!("blob {digest} is being written by others")))
    }

    /// The bytes with this digest, checked. Needs `s3:ListBucket`, or S3 calls what is missing forbidden.
    pub(super) async fn fetch(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let request = self.s3.get_object().bucket(&self.archive).key(object(digest));
        let object = match request.send().await {
            Ok(object) => object,
            Err(error) if matches!(error.as_service_error(), Some(GetObjectError::NoSuchKey(_))) => {
                return Ok(None);
            }
            Err(error) => return Err(failed(error)),
        };
        let bytes = object.body.collect().await.map_err(|e| StoreError::Unavailable(e.to_string()))?;
        let bytes = bytes.to_vec();
        if &Digest::of(&bytes) != digest {
            let why = "its bytes have another digest".into();
            return Err(StoreError::Corrupt { what: format!("blob {digest}"), why });
        }
        Ok(Some(bytes))
    }

    /// A value as the `body` of an item: its JSON, or `{ref: digest}` where that is long.
    pub(super) async fn body<T: Serialize + ?Sized>(&self, value: &T) -> Result<AttributeValue, StoreError> {
        self.body_within(BODY, value).await
    }

    /// Like [`DynamoStore::body`]; what is longer than this is a blob.
    pub(super) async fn body_within<T: Serialize + ?Sized>(
        &self,
        bytes: usize,
        value: &T,
    ) -> Result<AttributeValue, StoreError> {
        let json = json(value)?;
        if json.len() <= bytes {
            return Ok(text(json));
        }
        let digest = self.keep(json.as_bytes()).await?;
        Ok(AttributeValue::M(item([("ref", text(digest.0))])))
    }

    /// The value that is the `body` of an item.
    pub(super) async fn read<T: DeserializeOwned>(&self, row: &Row) -> Result<T, StoreError> {
        self.read_from(row, "body").await
    }

    /// The value that is a body of an item, under this name.
    pub(super) async fn read_from<T: DeserializeOwned>(
        &self,
        row: &Row,
        name: &str,
    ) -> Result<T, StoreError> {
        let unreadable = |e: serde_json::Error| row.corrupt(format!("its body: {e}"));
        match row.item.get(name) {
            Some(AttributeValue::S(json)) => serde_json::from_str(json).map_err(unreadable),
            Some(AttributeValue::M(body)) => {
                let digest = body.get("ref").and_then(|value| value.as_s().ok());
                let digest = digest.ok_or_else(|| row.corrupt("its body refers to nothing".into()))?;
                let bytes = self.fetch(&Digest(digest.clone())).await?;
                let bytes = bytes.ok_or_else(|| row.corrupt(format!("its body, blob {digest}, is gone")))?;
                serde_json::from_slice(&bytes).map_err(unreadable)
            }
            _ => Err(row.corrupt("it has no body".into())),
        }
    }
}

pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|e| StoreError::Corrupt { what: "a value to write".into(), why: e.to_string() })
}

fn object(digest: &Digest) -> String {
    format!("blobs/{}/{digest}", digest.0.get(..2).unwrap_or_default())
}
