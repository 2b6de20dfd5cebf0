//! Requests of applications, and the server's answers as an application reads them.

use licensing::client_protocol::{
    Acknowledged, Allocation, Farewell, Fault, FaultBody, Hello, Records, Refresh, Welcome,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::is_a_sentence;

pub(crate) fn run(bytes: &[u8]) {
    request(bytes, Hello::check);
    request(bytes, Refresh::check);
    request(bytes, Records::check);
    reads_back::<Welcome>(bytes);
    reads_back::<Allocation>(bytes);
    reads_back::<Acknowledged>(bytes);
    reads_back::<Farewell>(bytes);
    reads_back::<FaultBody>(bytes);
}

fn request<T>(bytes: &[u8], check: fn(&T) -> Result<(), Fault>)
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    if let Some(request) = reads_back::<T>(bytes)
        && let Err(fault) = check(&request)
    {
        is_a_sentence(&fault);
        assert!(fault.kind.status() >= 400);
    }
}

fn reads_back<T>(bytes: &[u8]) -> Option<T>
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let value: T = serde_json::from_slice(bytes).ok()?;
    let text = serde_json::to_vec(&value).expect("what was read can be written");
    assert_eq!(serde_json::from_slice::<T>(&text).as_ref().ok(), Some(&value));
    Some(value)
}
