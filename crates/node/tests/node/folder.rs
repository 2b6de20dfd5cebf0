use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use licensing::context::Context;
use licensing::registration_file::RegistrationFile;
use node::addresses::Scheme;
use node::clock::ManualClock;
use node::key::KeyError;
use node::servers::{NewServer, ServerError};
use node::{Node, OpenError};

use crate::harness::{NOW, RunningNode};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn open(folder: &Path) -> Result<Node, OpenError> {
    Node::open(folder, Arc::new(ManualClock::at(NOW))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_file_says_all_a_server_needs_and_only_its_owner_reads_it() {
    let running = RunningNode::start().await;
    let reachable = [(Scheme::Http, "127.0.0.1:4711".to_owned()), (Scheme::Https, "node.example.com:443".to_owned())];
    running.node.note_addresses(&reachable).await.unwrap();
    let server = running.server(Context::Backup).await;
    assert_eq!(server.file, running.folder.path().join(format!("registrations/{}.json", server.guid.compact())));
    assert_eq!((mode(&server.file), mode(server.file.parent().unwrap())), (0o600, 0o700));
    let file = RegistrationFile::parse(&std::fs::read(&server.file).unwrap()).unwrap();
    assert_eq!((file.guid, file.auth_string.as_str()), (server.guid, server.auth_string.as_str()));
    assert_eq!(file.deployment_id, Some(server.guid.compact()));
    assert_eq!(file.operator_id, Some(server.operator_id.clone()));
    assert_eq!((file.context, file.customer.as_deref()), (Some(Context::Backup), Some("ACME")));
    assert_eq!((file.nodes, file.nodes_https), (vec!["127.0.0.1:4711".into()], vec!["node.example.com:443".into()]));
    assert_eq!(file.vendor_keys, [running.key()]);
    assert!(server.has_address);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_auth_string_is_nowhere_in_the_database() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    running.exchange(&server, 1).await;
    for entry in std::fs::read_dir(running.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(server.auth_string.len()).any(|w| w == server.auth_string.as_bytes());
            assert!(!found, "{}", path.display());
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_added_leaves_nothing() {
    let running = RunningNode::start().await;
    let new = |customer: &str, contact_days| NewServer {
        customer: customer.to_owned(),
        context: Context::Production,
        contact_days,
    };
    let error = running.node.add_server(&new("Nobody", 60), None).await.unwrap_err();
    assert!(error.to_string().contains("leasehold-node customer add \"Nobody\""), "{error}");
    running.node.add_customer("ACME").await.unwrap();
    assert!(running.node.add_customer("acme").await.is_err());
    for days in [0, 59, 3661] {
        let error = running.node.add_server(&new("ACME", days), None).await.unwrap_err();
        assert!(matches!(error, ServerError::ContactDays(found) if found == days));
    }
    let taken = running.folder.path().join("taken.json");
    std::fs::write(&taken, "theirs").unwrap();
    let error = running.node.add_server(&new("ACME", 60), Some(&taken)).await.unwrap_err();
    assert!(matches!(error, ServerError::FileExists(_)), "{error}");
    assert_eq!(std::fs::read(&taken).unwrap(), b"theirs");
    let nowhere = running.folder.path().join("no/such/folder.json");
    let error = running.node.add_server(&new("ACME", 60), Some(&nowhere)).await.unwrap_err();
    assert!(matches!(error, ServerError::File { .. }), "{error}");
    assert!(running.node.servers().await.unwrap().is_empty());
    let added = running.node.add_server(&new(" acme ", 90), None).await.unwrap();
    assert_eq!(added.customer, "ACME");
    assert_eq!(running.node.server(added.guid).await.unwrap().contact_days.days(), 90);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_stays_the_same_and_a_lost_one_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("node");
    let key = open(&place).await.unwrap().key();
    assert_eq!((mode(&place), mode(&place.join("node.key"))), (0o700, 0o600));
    assert_eq!(open(&place).await.unwrap().key(), key);

    let file = place.join("node.key");
    let own = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(open(&place).await, Err(OpenError::Key(KeyError::Lost(_)))));
    assert!(!file.exists());
    for damaged in ["", "leasehold node key 1\n", "leasehold node key 1\nAAAA\n", "\u{0}"] {
        std::fs::write(&file, damaged).unwrap();
        assert!(matches!(open(&place).await, Err(OpenError::Key(KeyError::Malformed(_)))), "{damaged:?}");
    }
    std::fs::write(&file, [0xff; 64]).unwrap();
    assert!(matches!(open(&place).await, Err(OpenError::Key(KeyError::Malformed(_)))));
    let elsewhere = folder.path().join("elsewhere");
    open(&elsewhere).await.unwrap();
    std::fs::copy(elsewhere.join("node.key"), &file).unwrap();
    assert!(matches!(open(&place).await, Err(OpenError::Key(KeyError::Other { .. }))));
    std::fs::write(&file, own).unwrap();
    assert_eq!(open(&place).await.unwrap().key(), key);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_open_a_new_folder_together_agree_on_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("node");
    let opening: Vec<_> = (0..4)
        .map(|_| {
            let place = place.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async { open(&place).await.unwrap().key() })
            })
        })
        .collect();
    let keys: Vec<_> = opening.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_changes_beside_a_serving_node_is_in_its_next_answer() {
    let running = RunningNode::start().await;
    let server = running.server(Context::Production).await;
    assert_eq!(running.exchange(&server, 1).await.1.licenses, []);
    let command = running.another().await;
    command.license(&server, "TTS3", |_| ()).await;
    assert_eq!(running.exchange(&server, 2).await.1.licenses.len(), 1);
}
