use aiofix::{codemod::{Catalogue, candidates::{Selection, Places}}, driver::Read, project::{inference::Inference, layout::ModuleId, linked::Project}};
use rayon::prelude::*;
fn main() {
    let root = std::env::args().nth(1).unwrap();
    let only = std::env::args().nth(2);
    let mut files: Vec<std::path::PathBuf> = vec![];
    fn walk(d: &std::path::Path, out: &mut Vec<std::path::PathBuf>) { for e in std::fs::read_dir(d).unwrap() { let p = e.unwrap().path(); if p.is_dir() { walk(&p, out) } else if p.extension().is_some_and(|e| e == "py") { out.push(p) } } }
    walk(root.as_ref(), &mut files); files.sort();
    let t = std::time::Instant::now();
    let reads: Vec<_> = files.par_iter().filter_map(|p| Some((p.display().to_string(), Read::of(std::fs::read_to_string(p).ok()?.into())))).collect();
    eprintln!("read {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let list: Vec<_> = reads.iter().map(|(p, r)| (p.as_str(), r.summary.clone())).collect();
    let project = Project::of_files(&list);
    eprintln!("link {:?}", t.elapsed());
    let catalogue = Catalogue::new(&[]).unwrap();
    let sel = Selection::new(catalogue.pages.iter().filter(|p| only.as_ref().is_none_or(|o| &*p.name == o)).collect());
    let t = std::time::Instant::now();
    let all: Vec<_> = reads.par_iter().enumerate().map(|(i, (_, r))| { let inf = Inference::new(&project); sel.candidates(&r.text, &r.outline, &inf, ModuleId(i as u32)) }).collect();
    eprintln!("candidates {:?}", t.elapsed());
    let regions: usize = all.iter().map(Vec::len).sum();
    let bytes: usize = all.iter().flatten().map(|c| c.region.len()).sum();
    eprintln!("regions {regions} bytes {bytes}");
    let mut per = std::collections::BTreeMap::<String, (usize, usize)>::new();
    let mut names = std::collections::HashMap::<String, usize>::new();
    for ((_, r), cs) in reads.iter().zip(&all) { for c in cs { for p in &c.pages { let e = per.entry(sel.pages[p.page].name.to_string()).or_default(); e.0 += 1; if let Places::At(a) = &p.places { e.1 += a.len(); for at in a { let t = &r.text[*at..]; let end = t.find('(').unwrap_or(t.len()).min(60); let end = (0..=end).rev().find(|e| t.is_char_boundary(*e)).unwrap(); *names.entry(format!("{} {}", sel.pages[p.page].code, &t[..end])).or_default() += 1; } } } } }
    eprintln!("{per:?}");
    let mut names: Vec<_> = names.into_iter().collect(); names.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for (n, c) in names.iter().take(60) { eprintln!("{c} {n}"); }
}
