//! Replacing a file.

use crate::{Scene, rewrite, sentence};
use aiofix::finding::Skip;
use aiofix::workspace::{Source, read, write};
use std::fs;

#[test]
fn a_file_is_replaced_in_its_own_encoding() {
    let scene = Scene::new(&[]);
    let bytes = b"# coding: cp1252\r\nx = '\x80'\r\nsleep(1)";
    let path = scene.put("a.py", bytes);
    let Source { text, encoding } = read(&path).expect("it is cp1252");
    write(&path, encoding, &text, &text.replace("sleep", "await sleep")).expect("it can be written");
    assert_eq!(fs::read(&path).expect("it is there"), b"# coding: cp1252\r\nx = '\x80'\r\nawait sleep(1)");
    assert!(scene.leftovers().is_empty());
}

#[test]
fn a_file_that_changed_since_it_was_read_is_left_alone() {
    let scene = Scene::new(&[("a.py", "x = 1\n")]);
    let stamp = fs::metadata(scene.path("a.py")).and_then(|metadata| metadata.modified()).expect("it is there");
    // Same size, same time: only the content tells.
    scene.put("a.py", "x = 2\n");
    let file = fs::File::options().write(true).open(scene.path("a.py")).expect("it is ours");
    file.set_modified(stamp).expect("it is ours");
    assert_eq!(rewrite(&scene.path("a.py"), "x = 1\n", "y = 1\n"), Err(Skip::Changed));
    assert_eq!(scene.text("a.py"), "x = 2\n");
    assert!(scene.leftovers().is_empty());
}

#[test]
fn a_file_that_is_gone_is_not_made_again() {
    let scene = Scene::new(&[]);
    let told = sentence(rewrite(&scene.path("a.py"), "", "y = 1\n").expect_err("there is nothing to replace"));
    assert!(told.starts_with("it is not there any more ("), "{told}");
    assert!(!scene.path("a.py").exists());
}

#[test]
fn a_folder_is_not_replaced() {
    let scene = Scene::new(&[("a.py/inside", "")]);
    let told = sentence(rewrite(&scene.path("a.py"), "", "y = 1\n").expect_err("a folder"));
    assert_eq!(told, "it cannot be written: it is not a regular file");
    assert!(scene.path("a.py/inside").exists());
}

#[test]
fn an_edit_that_cannot_be_encoded_writes_nothing() {
    let scene = Scene::new(&[("a.py", "# coding: ascii\n")]);
    let Source { text, encoding } = read(&scene.path("a.py")).expect("it is ASCII");
    let told = sentence(write(&scene.path("a.py"), encoding, &text, "# coding: ascii\n'é'").expect_err("not ASCII"));
    assert_eq!(told, "its encoding, ascii, has no `é`, which a fix would bring in");
    assert_eq!(scene.text("a.py"), text);
}

#[test]
fn a_file_marked_read_only_is_left_alone() {
    let scene = Scene::new(&[("a.py", "x\n")]);
    let mut permissions = fs::metadata(scene.path("a.py")).expect("it is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(scene.path("a.py"), permissions).expect("it is ours");
    let told = sentence(rewrite(&scene.path("a.py"), "x\n", "y\n").expect_err("it is read-only"));
    assert_eq!(told, "it is read-only, and is left as it was; make it writable and run again");
    assert_eq!(scene.text("a.py"), "x\n");
}

#[cfg(unix)]
mod unix {
    use super::*;
    use crate::{NOBODY, is_superuser, scene_of_parent, succeeds};
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    #[test]
    fn a_symlink_stays_and_its_target_is_replaced() {
        let scene = Scene::new(&[("real/a.py", "x\n")]);
        symlink("real/a.py", scene.path("one.py")).expect("a link");
        symlink("one.py", scene.path("two.py")).expect("a link");
        rewrite(&scene.path("two.py"), "x\n", "y\n").expect("it can be written");
        assert_eq!(scene.text("real/a.py"), "y\n");
        for link in ["one.py", "two.py"] {
            assert!(fs::symlink_metadata(scene.path(link)).expect("it is there").is_symlink());
        }
    }

    #[test]
    fn the_other_names_of_a_hard_link_keep_the_old_content() {
        let scene = Scene::new(&[("a.py", "x\n")]);
        fs::hard_link(scene.path("a.py"), scene.path("backup.py")).expect("a link");
        rewrite(&scene.path("a.py"), "x\n", "y\n").expect("it can be written");
        assert_eq!((scene.text("a.py"), scene.text("backup.py")), ("y\n".into(), "x\n".into()));
    }

    #[test]
    fn mode_and_owner_are_kept() {
        let scene = Scene::new(&[("a.py", "x\n")]);
        let path = scene.path("a.py");
        if is_superuser() {
            chown(&path, Some(NOBODY - 1), Some(NOBODY - 2)).expect("a superuser may");
        }
        for mode in [0o755, 0o600, 0o664, 0o4711, 0o2750] {
            set_permissions(&path, Permissions::from_mode(mode)).expect("it is ours");
            let old = fs::metadata(&path).expect("it is there");
            rewrite(&path, &scene.text("a.py"), &format!("{mode}\n")).expect("it can be written");
            let new = fs::metadata(&path).expect("it is there");
            assert_eq!(scene.text("a.py"), format!("{mode}\n"));
            assert_eq!((new.mode(), new.uid(), new.gid()), (old.mode(), old.uid(), old.gid()), "{mode:o}");
            assert_ne!(new.ino(), old.ino(), "it was replaced, not written into");
        }
    }

    #[test]
    fn a_user_without_the_right_is_told_and_nothing_changes() {
        if let Some(root) = scene_of_parent() {
            let told = |name: &str| sentence(rewrite(&root.join(name), "x\n", "y\n").expect_err("no right to"));
            let cause = "and it is left as it was";
            let closed =
                format!("no file can be made in its folder (permission denied), {cause}; make the folder writable");
            assert_eq!(told("closed/a.py"), closed);
            if fs::metadata(&root).expect("it is there").uid() == 0 {
                let foreign = "it cannot be written (Permission denied (os error 13))";
                assert_eq!(told("shared/foreign.py"), format!("{foreign}, {cause}; make it writable and run again"));
                let common = "its owner and group would be lost (Operation not permitted (os error 1))";
                assert_eq!(told("shared/common.py"), format!("{common}, {cause}; run as its owner"));
            }
            return;
        }
        let scene = Scene::new(&[("closed/a.py", "x\n"), ("shared/foreign.py", "x\n"), ("shared/common.py", "x\n")]);
        set_permissions(scene.path("closed/a.py"), Permissions::from_mode(0o666)).expect("it is ours");
        set_permissions(scene.path("closed"), Permissions::from_mode(0o555)).expect("it is ours");
        // Only with a second user there is somebody else's file.
        set_permissions(scene.path("shared"), Permissions::from_mode(0o777)).expect("it is ours");
        set_permissions(scene.path("shared/foreign.py"), Permissions::from_mode(0o644)).expect("it is ours");
        set_permissions(scene.path("shared/common.py"), Permissions::from_mode(0o666)).expect("it is ours");
        succeeds(scene.unprivileged_child("write::unix::a_user_without_the_right_is_told_and_nothing_changes"));
        for name in ["closed/a.py", "shared/foreign.py", "shared/common.py"] {
            assert_eq!(scene.text(name), "x\n");
        }
        assert_eq!(fs::read_dir(scene.path("shared")).expect("it is there").count(), 2, "no temporary file stays");
        set_permissions(scene.path("closed"), Permissions::from_mode(0o755)).expect("it is ours");
    }

    /// The limit stands for a full disk: a write that fails half way, with some bytes already stored.
    #[test]
    fn a_disk_without_room_leaves_the_old_content() {
        if let Some(root) = scene_of_parent() {
            let told = sentence(rewrite(&root.join("a.py"), "x\n", &"y\n".repeat(100_000)).expect_err("no room"));
            assert!(told.starts_with("its new content could not be stored (File too large"), "{told}");
            assert!(told.ends_with("and it is left as it was; make room and run again"), "{told}");
            return;
        }
        let scene = Scene::new(&[("a.py", "x\n")]);
        let child = scene.child("write::unix::a_disk_without_room_leaves_the_old_content");
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]).arg(child.get_program());
        limited.args(child.get_args()).env(crate::CHILD, &scene.root);
        succeeds(limited);
        assert_eq!(scene.text("a.py"), "x\n");
        assert!(scene.leftovers().is_empty());
    }
}
