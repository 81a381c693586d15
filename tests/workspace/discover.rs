//! Roots to files.

use crate::{Scene, sentence};
use aiofix::workspace::{DiscoverError, Discovered, Discovery, discover};
use std::path::PathBuf;

fn options(scene: &Scene) -> Discovery {
    Discovery::in_directory(scene.root.clone())
}

fn found(scene: &Scene, roots: &[&str], options: &Discovery) -> Discovered {
    let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
    let discovered = discover(&roots, options).expect("the roots are there");
    for file in &discovered.files {
        assert!(file.path.is_file(), "{file:?} below {:?}", scene.root);
    }
    discovered
}

fn names(scene: &Scene, roots: &[&str], options: &Discovery) -> Vec<String> {
    found(scene, roots, options).files.into_iter().map(|file| file.display).collect()
}

#[test]
fn a_walk_takes_python_files_in_order() {
    let scene =
        Scene::new(&[("b.py", ""), ("a/z.py", ""), ("a/.hidden/h.py", ""), ("a/stub.pyi", ""), ("notes.txt", "")]);
    let expected = ["a/.hidden/h.py", "a/z.py", "b.py"];
    assert_eq!(names(&scene, &["."], &options(&scene)), expected);
    assert_eq!(names(&scene, &[scene.root.to_str().expect("UTF-8")], &options(&scene)), expected);
    assert_eq!(names(&scene, &["./a/"], &options(&scene)), ["a/.hidden/h.py", "a/z.py"]);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let scene = Scene::new(&[]);
    for folder in 0..20 {
        for file in 0..10 {
            scene.put(&format!("d{folder}/e/f{file}.py"), "");
        }
    }
    let with = |threads| names(&scene, &[".", "d3"], &Discovery { threads, ..options(&scene) });
    assert_eq!(with(1).len(), 200);
    assert_eq!(with(1), with(8));
}

#[test]
fn a_file_that_is_named_is_taken_whatever_the_rules_say() {
    let scene =
        Scene::new(&[("venv/x.py", ""), ("script", ""), ("s.pyi", ""), (".gitignore", "out.py\n"), ("out.py", "")]);
    scene.put(".git/HEAD", "");
    let taken = names(&scene, &["venv/x.py", "script", "s.pyi", "out.py"], &options(&scene));
    assert_eq!(taken, ["out.py", "s.pyi", "script", "venv/x.py"]);
    assert_eq!(names(&scene, &["venv"], &options(&scene)), ["venv/x.py"]);
    assert!(names(&scene, &["."], &options(&scene)).is_empty());
}

#[test]
fn folders_without_code_of_the_project_are_left_out() {
    let scene = Scene::new(&[("src/a.py", ""), ("src/node_modules/m/b.py", ""), ("src/my_venv/c.py", "")]);
    for name in aiofix::workspace::DEFAULT_EXCLUDES {
        scene.put(&format!("{name}/x.py"), "");
        scene.put(&format!("src/{name}/x.py"), "");
    }
    assert_eq!(names(&scene, &["."], &options(&scene)), ["src/a.py", "src/my_venv/c.py"]);
}

#[test]
fn an_exclude_holds_a_name_anywhere_or_a_path_from_the_working_directory() {
    let scene =
        Scene::new(&[("gen.py", ""), ("a/gen.py", ""), ("a/m/x_pb2.py", ""), ("a/m/x.py", ""), ("b/m/x.py", "")]);
    let without = |globs: &[&str]| {
        let exclude = globs.iter().map(|&glob| glob.to_owned()).collect();
        names(&scene, &["."], &Discovery { exclude, ..options(&scene) })
    };
    assert_eq!(without(&["gen.py", "*_pb2.py"]), ["a/m/x.py", "b/m/x.py"]);
    assert_eq!(without(&["m/"]), ["a/gen.py", "gen.py"]);
    assert_eq!(without(&["a/m"]), ["a/gen.py", "b/m/x.py", "gen.py"]);
    assert_eq!(without(&["./a/*.py"]), ["b/m/x.py", "gen.py"], "a star matches a slash, as in ruff");
    assert_eq!(without(&["m/x.py"]).len(), 5);
    assert_eq!(without(&["*/m/*"]), ["a/gen.py", "gen.py"]);
    assert_eq!(without(&[scene.path("a").to_str().expect("UTF-8")]), ["b/m/x.py", "gen.py"]);
}

#[test]
fn brackets_in_the_path_of_the_working_directory_are_no_glob() {
    let scene = Scene::new(&[("[x]/a/b.py", ""), ("[x]/c.py", "")]);
    let exclude = vec!["a/b.py".to_owned()];
    let inside = Discovery { exclude, ..Discovery::in_directory(scene.path("[x]")) };
    assert_eq!(names(&scene, &["."], &inside), ["c.py"]);
}

#[test]
fn ignore_files_count_inside_a_repository_unless_told_otherwise() {
    let scene = Scene::new(&[("src/a.py", ""), ("src/b.py", ""), ("src/c.py", ""), (".gitignore", "b.py\n")]);
    scene.put("src/.ignore", "c.py\n");
    assert_eq!(names(&scene, &["src"], &options(&scene)), ["src/a.py", "src/b.py"], "no repository, no .gitignore");
    scene.put(".git/HEAD", "");
    assert_eq!(names(&scene, &["src"], &options(&scene)), ["src/a.py"]);
    let all = Discovery { respect_gitignore: false, ..options(&scene) };
    assert_eq!(names(&scene, &["src"], &all), ["src/a.py", "src/b.py", "src/c.py"]);
}

#[test]
fn several_ways_to_one_file_are_one_file() {
    let scene = Scene::new(&[("work/a.py", ""), ("other/o.py", "")]);
    let inside = Discovery::in_directory(scene.path("work"));
    let absolute = scene.path("work/a.py");
    assert_eq!(names(&scene, &["a.py", ".", "../work", absolute.to_str().expect("UTF-8")], &inside), ["a.py"]);
    assert_eq!(names(&scene, &["../other"], &inside), ["../other/o.py"]);
    let other = scene.path("other");
    let outside = names(&scene, &[other.to_str().expect("UTF-8")], &inside);
    assert_eq!(outside, [other.join("o.py").to_str().expect("UTF-8")]);
}

#[test]
fn a_root_that_is_missing_is_an_error_that_names_it() {
    let scene = Scene::new(&[("a.py", "")]);
    let error = discover(&["a.py".into(), "tets".into()], &options(&scene)).expect_err("there is no such root");
    assert_eq!(error.to_string(), "`tets` does not exist; name a file or a directory that does");
}

#[test]
fn a_malformed_glob_is_an_error_that_quotes_it() {
    let scene = Scene::new(&[("a.py", "")]);
    let broken = Discovery { exclude: vec!["a/{b".to_owned()], ..options(&scene) };
    let error = discover(&[".".into()], &broken).expect_err("the brace is open");
    assert!(matches!(error, DiscoverError::Glob { .. }));
    assert!(error.to_string().starts_with("the glob `a/{b` in `exclude` is malformed: "), "{error}");
}

#[cfg(unix)]
#[test]
fn symlinked_files_are_followed_and_symlinked_folders_are_not() {
    use std::os::unix::fs::symlink;
    let scene = Scene::new(&[("tree/z.py", ""), ("far/e.py", ""), ("far/f.py", "")]);
    symlink("z.py", scene.path("tree/a.py")).expect("a link");
    symlink("../far/e.py", scene.path("tree/e.py")).expect("a link");
    symlink("../far", scene.path("tree/far")).expect("a link");
    symlink(".", scene.path("tree/loop.py")).expect("a link");
    symlink("nowhere", scene.path("tree/.#lock.py")).expect("a link");
    let walked = found(&scene, &["tree"], &options(&scene));
    let shown: Vec<&str> = walked.files.iter().map(|file| &*file.display).collect();
    assert_eq!(shown, ["tree/e.py", "tree/z.py"], "the name that is no link stands for the file");
    let [(file, skip)] = &walked.skipped[..] else { panic!("{:?}", walked.skipped) };
    assert_eq!(file.display, "tree/.#lock.py");
    assert!(sentence(skip.clone()).starts_with("it is a symlink that leads nowhere: "));

    assert_eq!(names(&scene, &["tree/far"], &options(&scene)), ["tree/far/e.py", "tree/far/f.py"]);
    assert_eq!(names(&scene, &["tree/far", "far"], &options(&scene)), ["far/e.py", "far/f.py"]);
    assert_eq!(names(&scene, &["tree/a.py"], &options(&scene)), ["tree/a.py"]);
}

#[cfg(unix)]
#[test]
fn what_could_block_a_reader_is_skipped() {
    let scene = Scene::new(&[("a.py", "")]);
    let _socket = std::os::unix::net::UnixListener::bind(scene.path("s.py")).expect("a socket");
    for roots in [["."].as_slice(), &["a.py", "s.py"]] {
        let walked = found(&scene, roots, &options(&scene));
        assert_eq!(walked.files.len(), 1);
        let [(file, skip)] = &walked.skipped[..] else { panic!("{:?}", walked.skipped) };
        assert_eq!(file.display, "s.py");
        let told = "it is not a regular file; give its content on standard input, as `-`";
        assert_eq!(sentence(skip.clone()), told);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_told_and_the_walk_goes_on() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    if let Some(root) = crate::scene_of_parent() {
        let walked = discover(&["src".into()], &Discovery::in_directory(root)).expect("the root is there");
        let shown: Vec<&str> = walked.files.iter().map(|file| &*file.display).collect();
        assert_eq!(shown, ["src/a.py", "src/z.py"]);
        let [(file, skip)] = &walked.skipped[..] else { panic!("{:?}", walked.skipped) };
        assert_eq!(file.display, "src/closed");
        let told = sentence(skip.clone());
        assert!(told.starts_with("it cannot be looked into: Permission denied"), "{told}");
        return;
    }
    let scene = Scene::new(&[("src/a.py", ""), ("src/closed/b.py", ""), ("src/z.py", "")]);
    set_permissions(scene.path("src/closed"), Permissions::from_mode(0o000)).expect("it is ours");
    let child = scene.unprivileged_child("discover::a_folder_without_permission_is_told_and_the_walk_goes_on");
    crate::succeeds(child);
    set_permissions(scene.path("src/closed"), Permissions::from_mode(0o755)).expect("it is ours");
}
