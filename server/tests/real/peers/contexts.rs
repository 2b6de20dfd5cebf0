use super::{invite, join, joined, name, own, peer, start, until};
use crate::exchange::node::TestNode;
use crate::harness::{Server, run, stderr};

fn register(node: &TestNode, server: &Server, context: &str) {
    let file = node.add_server(context).file;
    let done = run(&["register", "--no-sync", "--file", &file, "--data", server.data.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
}

#[test]
fn one_production_or_development_server_and_backups_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let node = TestNode::start(&folder.path().join("node"));
    let [production, second, backup] = ["a", "b", "c"].map(|name| start(folder.path(), name, None));
    register(&node, &production, "production");
    register(&node, &backup, "backup");
    for context in ["production", "development"] {
        register_anew(&node, &second, context);
        let refused = join(&second, &production, &invite(&production), "second");
        assert_eq!(refused.status.code(), Some(2));
        let words = "is already the production server of this installation";
        assert!(stderr(&refused).contains(words), "{}", stderr(&refused));
        assert!(stderr(&refused).contains(&format!("second, registered for {context}")), "{}", stderr(&refused));
    }
    joined(&backup, &production, "backup");
    let seen = until(&production, "backup", "up", 5_000);
    assert_eq!((&seen["role"], &seen["context"]), (&"backup".into(), &"backup".into()));
    let leader = until(&backup, &name(&production), "up", 5_000);
    assert_eq!((&leader["role"], &leader["context"]), (&"primary".into(), &"production".into()));
    let through_backup = peer(&backup, &["invite"]);
    assert_eq!(through_backup.status.code(), Some(2), "{}", stderr(&through_backup));
    assert_eq!(own(&production)["role"], "primary");
    let audit = production.get("/api/v1/audit?action=peer.join").body.to_string();
    assert!(audit.contains("Refused a server with a valid code") && audit.contains("refused"), "{audit}");
}

/// Another identity: the one of before is taken out of the file first.
fn register_anew(node: &TestNode, server: &Server, context: &str) {
    let data = server.data.to_str().unwrap();
    let cleared = run(&["config", "set", "LICENSE_SERVER_GUID", "", "--data", data]);
    assert_eq!(cleared.status.code(), Some(0), "{}", stderr(&cleared));
    register(node, server, context);
}

#[test]
fn a_backup_may_also_be_asked_by_the_server_that_leads() {
    let folder = tempfile::tempdir().unwrap();
    let node = TestNode::start(&folder.path().join("node"));
    let production = start(folder.path(), "a", None);
    let backup = start(folder.path(), "b", None);
    register(&node, &production, "production");
    register(&node, &backup, "backup");
    joined(&production, &backup, "lead");
    until(&backup, "lead", "up", 5_000);
    assert_eq!(own(&production)["role"], "primary");
    assert_eq!(own(&backup)["role"], "backup");
}
