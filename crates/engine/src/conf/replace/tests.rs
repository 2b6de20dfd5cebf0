use std::process::Command;

use super::*;

struct Place {
    folder: tempfile::TempDir,
    path: PathBuf,
    kept: PathBuf,
}

fn place(content: &str) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("license_server.conf");
    std::fs::write(&path, content).unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    Place { path, kept: kept(&data), folder }
}

impl Place {
    fn save(&self, expected: &str, bytes: &str) -> Result<Written, ReplaceError> {
        let lock = FolderLock::take(&self.path).unwrap();
        replace(&self.path, expected.as_bytes(), bytes.as_bytes(), &self.kept, &lock)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }

    /// What is beside the file.
    fn beside(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|e| e.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_link_stays_a_link_and_mode_is_kept() {
    let place = place("a");
    std::fs::set_permissions(&place.path, Permissions::from_mode(0o640)).unwrap();
    let link = place.folder.path().join("link.conf");
    std::os::unix::fs::symlink("license_server.conf", &link).unwrap();
    let lock = FolderLock::take(&link).unwrap();
    replace(&link, b"a", b"b", &place.kept, &lock).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(place.text(), "b");
    assert_eq!(std::fs::metadata(&place.path).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(place.beside(), ["data", "license_server.conf", "link.conf"], "no temporary file is left");
}

#[test]
fn a_read_only_file_is_not_replaced() {
    let place = place("a");
    std::fs::set_permissions(&place.path, Permissions::from_mode(0o444)).unwrap();
    assert!(matches!(place.save("a", "b"), Err(ReplaceError::File(FileError::ReadOnly(_)))));
    assert_eq!(place.text(), "a");
}

#[test]
fn an_edit_since_the_file_was_read_stays_in_its_place() {
    let place = place("edited outside");
    let inode = std::fs::metadata(&place.path).unwrap().ino();
    assert_eq!(place.save("a", "b"), Err(ReplaceError::Changed(Vec::new())));
    assert_eq!(place.text(), "edited outside");
    assert_eq!(std::fs::metadata(&place.path).unwrap().ino(), inode, "the very file, for who has it open");
    assert_eq!(place.beside(), ["data", "license_server.conf"]);
}

#[test]
fn of_edits_that_come_while_a_file_is_put_back_the_newest_stays_and_each_is_told() {
    let place = place("ours");
    let staged = place.folder.path().join("staged");
    std::fs::write(&staged, "first edit").unwrap();
    let ours = Found { inode: std::fs::metadata(&place.path).unwrap().ino(), bytes: b"ours".to_vec(), owner: None };
    let edits = std::cell::RefCell::new(vec!["third edit", "second edit"]);
    let swap = || {
        if let Some(edit) = edits.borrow_mut().pop() {
            let other = place.folder.path().join("other");
            std::fs::write(&other, edit)?;
            std::fs::rename(&other, &place.path)?;
        }
        renameat_with(CWD, &staged, CWD, &place.path, RenameFlags::EXCHANGE).map_err(Error::from)
    };
    let overlooked = put_back(&place.path, &staged, ours, swap).unwrap();
    assert_eq!(place.text(), "third edit");
    assert_eq!(overlooked, [b"first edit".to_vec(), b"second edit".to_vec()]);
}

#[test]
fn a_file_with_hard_links_keeps_them_and_the_save_says_that_it_was_not_atomic() {
    let place = place("a");
    let other = place.folder.path().join("other");
    std::fs::hard_link(&place.path, &other).unwrap();
    let note = place.save("a", "longer than before").unwrap().note.unwrap();
    assert!(note.contains("not atomic") && note.contains("hard links"), "{note}");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "longer than before");
    assert_eq!(place.save("a", "c"), Err(ReplaceError::Changed(Vec::new())), "in place, too, an edit stays");
    place.save("longer than before", "short").unwrap();
    assert_eq!(place.text(), "short");
    assert!(!place.kept.exists(), "the copy is not needed any more");
}

#[test]
fn extended_attributes_are_kept() {
    let place = place("a");
    let set = rustix::fs::setxattr(&place.path, "user.Remark", b"from ann", XattrFlags::empty());
    if let Err(error) = set {
        println!("skipped: this file system takes no attributes of users ({error})");
        return;
    }
    assert_eq!(place.save("a", "b"), Ok(Written { note: None }));
    let mut value = [0_u8; 64];
    let length = getxattr(&place.path, "user.Remark", &mut value[..]).unwrap();
    assert_eq!((&value[..length], place.text().as_str()), (&b"from ann"[..], "b"));
}

#[test]
fn a_file_that_is_mounted_alone_is_written_in_place() {
    let place = place("a");
    let bind = || Command::new("mount").arg("--bind").args([&place.path, &place.path]).output();
    if !is_root() || !bind().is_ok_and(|output| output.status.success()) {
        println!("skipped: mounting needs root");
        return;
    }
    let saved = place.save("a", "b");
    let conflict = place.save("a", "c");
    let text = std::fs::read_to_string(&place.path);
    assert!(Command::new("umount").arg(&place.path).status().unwrap().success());
    let note = saved.unwrap().note.unwrap();
    assert!(note.contains("only the file is mounted"), "{note}");
    assert_eq!((conflict, text.unwrap().as_str()), (Err(ReplaceError::Changed(Vec::new())), "b"));
}

#[test]
fn a_write_in_place_that_was_cut_off_is_undone_at_the_start_and_an_edit_is_not() {
    let (before, after) = ("port_number = 7569\nall of it\n", "port_number = 17570\nall of it\n");
    for (found, expected, recovered) in [
        (before, before, false),
        (after, after, false),
        ("port_number = 175769\nall of it\n", "port_number = 175769\nall of it\n", false),
        ("port_number = 1769\nall of it\n", before, true),
        ("edited by hand\n", "edited by hand\n", false),
    ] {
        let place = place(found);
        std::fs::write(&place.kept, before).unwrap();
        let lock = FolderLock::take(&place.path).unwrap();
        let found = recover(&place.path, &place.kept, &[after.as_bytes()], &lock).unwrap();
        assert_eq!((found, place.text().as_str()), (recovered, expected));
        assert!(!place.kept.exists());
    }
}

#[test]
fn a_file_that_appeared_since_is_not_replaced_by_a_new_one() {
    let place = place("theirs");
    let lock = FolderLock::take(&place.path).unwrap();
    assert_eq!(create(&place.path, b"ours", &lock), Err(ReplaceError::Changed(Vec::new())));
    assert_eq!(place.text(), "theirs");
    std::fs::remove_file(&place.path).unwrap();
    assert_eq!(create(&place.path, b"ours", &lock), Ok(Written { note: None }));
    assert_eq!((place.text().as_str(), std::fs::metadata(&place.path).unwrap().mode() & 0o777), ("ours", 0o644));
}

#[test]
fn what_neither_file_nor_folder_allows_names_both_ways_out() {
    let place = place("a");
    if is_root() {
        println!("skipped: root may write everywhere");
        return;
    }
    std::fs::set_permissions(&place.path, Permissions::from_mode(0o464)).unwrap();
    std::fs::set_permissions(place.folder.path(), Permissions::from_mode(0o555)).unwrap();
    let error = place.save("a", "b");
    std::fs::set_permissions(place.folder.path(), Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(error, Err(ReplaceError::File(FileError::Foreign { .. }))), "{error:?}");
    assert_eq!(place.text(), "a");
}
