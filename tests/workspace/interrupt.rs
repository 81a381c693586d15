//! A process that ends in the middle of many writes.

use crate::{CHILD, Scene, rewrite, scene_of_parent};
use aiofix::workspace::interrupt;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const FILES: usize = 8;

/// Large enough that a write takes several calls.
fn content(letter: char) -> String {
    format!("{letter} = 1\n").repeat(100_000)
}

fn scene() -> Scene {
    let scene = Scene::new(&[]);
    for file in 0..FILES {
        scene.put(&format!("{file}.py"), content('o'));
    }
    scene
}

/// Rewrites every file of the scene, to and fro, until `ends`; a minute later at the latest.
fn rewrite_all(root: &Path, ends: impl Fn() -> bool) {
    let (old, new) = (content('o'), content('n'));
    let start = Instant::now();
    for round in 0.. {
        let (before, after) = if round % 2 == 0 { (&old, &new) } else { (&new, &old) };
        for file in 0..FILES {
            if ends() || start.elapsed() > Duration::from_secs(60) {
                return;
            }
            rewrite(&root.join(format!("{file}.py")), before, after).expect("it can be written");
            fs::write(root.join("started"), "").expect("there is room");
        }
    }
}

fn start(scene: &Scene, test: &str) -> Child {
    let _ = fs::remove_file(scene.path("started"));
    let child = scene.child(test).stdout(Stdio::null()).spawn().expect("the child can be started");
    let start = Instant::now();
    while !scene.path("started").exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "the child writes nothing");
        sleep(Duration::from_millis(1));
    }
    child
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

/// The status of `child`, which ends soon.
fn ended(mut child: Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            return status;
        }
        if start.elapsed() > Duration::from_secs(30) {
            child.kill().expect("the child is ours");
            panic!("the child goes on after the signal");
        }
        sleep(Duration::from_millis(2));
    }
}

fn assert_whole(scene: &Scene) {
    let (old, new) = (content('o'), content('n'));
    for file in 0..FILES {
        let text = scene.text(&format!("{file}.py"));
        assert!(text == old || text == new, "{file}.py is half: {} bytes", text.len());
    }
}

#[test]
fn a_kill_leaves_each_file_old_or_new() {
    if let Some(root) = scene_of_parent() {
        return rewrite_all(&root, || false);
    }
    for delay in [0, 1, 2, 3, 5, 8, 13, 21] {
        let scene = scene();
        let mut child = start(&scene, "interrupt::a_kill_leaves_each_file_old_or_new");
        sleep(Duration::from_millis(delay));
        child.kill().expect("the child is ours");
        child.wait().expect("the child is ours");
        assert_whole(&scene);
        for name in scene.leftovers() {
            assert!(name.ends_with(".tmp"), "{name} can be told from code");
        }
    }
}

#[test]
fn a_signal_ends_the_work_between_two_files() {
    if let Some(root) = scene_of_parent() {
        interrupt::watch().expect("nobody else watches");
        assert!(!interrupt::interrupted());
        rewrite_all(&root, interrupt::interrupted);
        assert!(interrupt::interrupted());
        return;
    }
    let scene = scene();
    let child = start(&scene, "interrupt::a_signal_ends_the_work_between_two_files");
    interrupt(&child);
    assert!(ended(child).success());
    assert_whole(&scene);
    assert!(scene.leftovers().is_empty());
}

#[test]
fn a_second_signal_ends_the_process_and_leaves_nothing_behind() {
    if let Some(root) = scene_of_parent() {
        interrupt::watch().expect("nobody else watches");
        return rewrite_all(&root, || false);
    }
    for _ in 0..5 {
        let scene = scene();
        let child = start(&scene, "interrupt::a_second_signal_ends_the_process_and_leaves_nothing_behind");
        interrupt(&child);
        // Two signals at once are one.
        sleep(Duration::from_millis(50));
        interrupt(&child);
        assert_eq!(ended(child).code(), Some(interrupt::EXIT_CODE), "{CHILD}");
        assert_whole(&scene);
        assert!(scene.leftovers().is_empty());
    }
}
