//! Bytes to text and back.

use crate::{Scene, sentence};
use aiofix::workspace::{Encoding, MAX_BYTES, Source, read};
use proptest::prelude::*;
use std::io::Write;
use std::process::{Command, Stdio};

/// What a codec can be called, and bytes beyond ASCII that it gives a meaning.
const CODECS: [(&str, &[u8]); 42] = [
    ("utf-8", "é€😀".as_bytes()),
    ("UTF8", "é".as_bytes()),
    ("utf-8-sig", "é".as_bytes()),
    ("utf-8-unix", "é".as_bytes()),
    ("us-ascii", b""),
    ("latin-1", b"\x80\x81\x8d\x9f\xa0\xa4\xe9\xff"),
    ("latin-1-unix", b"\x80\xff"),
    ("ISO_8859-1", b"\x80\xff"),
    ("iso-8859-2", b"\xa1\xff"),
    ("latin3", b"\xa1\xfe"),
    ("iso8859-4", b"\xa1\xff"),
    ("cyrillic", b"\xa1\xff"),
    ("iso-8859-6", b"\xc1\xf2"),
    ("greek", b"\xc1\xf2"),
    ("hebrew", b"\xe0\xfa"),
    ("latin5", b"\x80\x9f\xd0\xfd"),
    ("latin6", b"\xa1\xff"),
    ("iso-8859-11", b"\xa1\xfb"),
    ("latin7", b"\xa1\xff"),
    ("l8", b"\xa1\xff"),
    ("iso-8859-15", b"\xa4\xa6\xbc"),
    ("latin10", b"\xa1\xff"),
    ("cp1250", b"\x80\xff"),
    ("windows-1251", b"\x80\xff"),
    ("cp1252", b"\x80\x9f\xff"),
    ("cp1253", b"\x80\xfe"),
    ("windows_1254", b"\x80\xff"),
    ("1255", b"\x80\xe0"),
    ("cp1256", b"\x80\xff"),
    ("cp1257", b"\x80\xff"),
    ("cp1258", b"\x80\xff"),
    ("cp866", b"\x80\xff"),
    ("koi8-r", b"\x80\xff"),
    ("koi8_u", b"\x80\xff"),
    ("mac-roman", b"\x80\xdb\xff"),
    ("mac_cyrillic", b"\x80\xfe"),
    ("euc_jp", b"\xa4\xa2\x8e\xb1"),
    ("shift_jis", b"\x82\xa0\x95\x5c\xb1"),
    ("iso-2022-jp", b"\x1b$B$\"\x1b(B"),
    ("gbk", b"\xc4\xe3\x80"),
    ("gb18030", b"\xc4\xe3\x81\x30\x81\x30"),
    ("big5", b"\xa4\xa4\xa5\x5c"),
];

const LINE_ENDS: [&[u8]; 4] = [b"\n", b"\r\n", b"\r", b"\x0c\n\r\r\n\n\r"];

fn decoded(bytes: &[u8]) -> Source {
    Source::decode(bytes.to_vec()).unwrap_or_else(|skip| panic!("{bytes:?}: {skip:?}"))
}

fn refusal(bytes: &[u8]) -> String {
    sentence(Source::decode(bytes.to_vec()).expect_err("these bytes are refused"))
}

#[test]
fn every_byte_survives_in_every_encoding_with_every_line_end() {
    for (label, special) in CODECS {
        for end in LINE_ENDS {
            for last in [b"".as_slice(), end] {
                let header = format!("# -*- coding: {label} -*-");
                let bytes = [header.as_bytes(), end, b"\tname = '", special, b"'", end, b"x = 1", last].concat();
                let source = decoded(&bytes);
                assert_eq!(*source.encoding.encode(&source.text).expect("it came from there"), *bytes, "{label}");
                assert!(source.text.contains("\tname = '"), "{label}: {}", source.text);
            }
        }
    }
}

#[test]
fn an_edit_leaves_the_bytes_around_it() {
    for (label, special) in CODECS {
        let line = [b"a = '".as_slice(), special, b"'\r\n"].concat();
        let bytes = [format!("# coding: {label}\r\n").as_bytes(), &line, b"sleep(1)\r\n", &line].concat();
        let source = decoded(&bytes);
        let edited = source.text.replace("sleep(1)", "await sleep(1)");
        let expected = [format!("# coding: {label}\r\n").as_bytes(), &line, b"await sleep(1)\r\n", &line].concat();
        assert_eq!(*source.encoding.encode(&edited).expect("an edit of ASCII"), *expected, "{label}");
    }
}

#[test]
fn a_byte_order_mark_is_no_text_and_comes_back() {
    let bytes = "\u{feff}# coding: UTF_8\r\nx = 'é'\r".as_bytes();
    let source = decoded(bytes);
    assert!(source.text.starts_with("# coding") && source.encoding.has_bom() && source.encoding.is_utf8());
    assert_eq!(*source.encoding.encode(&source.text).expect("UTF-8 has every character"), *bytes);
    let part = source.encoding.encode_part("x").expect("UTF-8 has every character");
    assert_eq!(*part, *b"x", "a part of a file has no byte order mark");
    assert_eq!(decoded(b"").encoding, Encoding::UTF_8);
    assert!(decoded(b"\xef\xbb\xbf").encoding.has_bom());
}

#[test]
fn text_is_what_python_reads() {
    assert!(decoded(b"# coding: iso-8859-15\n'\xa4'").text.ends_with("'€'"));
    assert!(decoded(b"# coding: latin-1\n'\x80\xa4'").text.ends_with("'\u{80}¤'"));
    assert!(decoded(b"# coding: cp1252\n'\x80'").text.ends_with("'€'"));
    assert!(decoded(b"# coding: koi8-r\n'\xc1'").text.ends_with("'а'"));
    assert!(decoded(b"# coding: sjis\n'\x95\x5c'").text.ends_with("'表'"), "a backslash can be half a character");
}

/// Sources whose encoding is in doubt. Each is decoded just when CPython compiles it.
const DECLARATIONS: [&[u8]; 41] = [
    b"# coding: latin-1\nx='\xe9'\n",
    b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\nx='\xe9'\n",
    b"#!/usr/bin/python\r# coding: latin-1\rx='\xe9'\r",
    b"#!/usr/bin/python\r\n# coding: latin-1\r\nx='\xe9'\r\n",
    b"\n# coding: latin-1\nx='\xe9'\n",
    b" \t\x0c\n# coding: latin-1\nx='\xe9'\n",
    b"\x0c \t# coding:\t latin-1\nx='\xe9'\n",
    b"#\n#\n# coding: latin-1\nx='\xe9'\n",
    b"x=1\n# coding: latin-1\nx='\xe9'\n",
    b"x=1 # coding: latin-1\nx='\xe9'\n",
    b"\\\n# coding: latin-1\nx='\xe9'\n",
    b"'''\n# coding: latin-1\n\xe9'''\n",
    b"# Coding: latin-1\nx='\xe9'\n",
    b"# coding : latin-1\nx='\xe9'\n",
    b"# coding coding: latin-1\nx='\xe9'\n",
    b"# coding: !coding:latin-1\nx='\xe9'\n",
    b"# coding:\n# coding: latin-1\nx='\xe9'\n",
    b"# coding: ascii coding: latin-1\nx='\xe9'\n",
    b"# coding: ascii\n# coding: latin-1\nx='\xe9'\n",
    b"# coding: latin-1\n# coding: ascii\nx='\xe9'\n",
    b"# encoding=latin-1x\nx=1\n",
    b"# coding: iso8859.1\nx='\xe9'\n",
    b"# coding: iso--8859__1\nx='\xe9'\n",
    b"# coding: iso-8859-1-mac\nx='\xe9'\n",
    b"# coding: iso-8859-15\nx='\xe9'\n",
    b"# coding: utf-8-mac\nx='\xc3\xa9'\n",
    b"# coding: utf8-mac\nx=1\n",
    b"# coding: utf-16\nx=1\n",
    b"# coding: rot13\nx=1\n",
    b"# coding: no-such-codec\nx=1\n",
    b"# coding: us-ascii\nx='\xe9'\n",
    b"# coding: utf-8\nx='\xe9'\n",
    b"x='\xe9'\n",
    b"x='\xc3\xa9'\n",
    b"x='\xed\xa0\x80'\n",
    b"x='\xc0\x80'\n",
    b"\xef\xbb\xbfx='\xe9'\n",
    b"\xef\xbb\xbf# coding: UTF-8\nx='\xc3\xa9'\n",
    b"\xef\xbb\xbf# coding: utf-8-sig\nx='\xc3\xa9'\n",
    b"\xef\xbb\xbf# coding: latin-1\nx=1\n",
    b"\xff\xfex\x00=\x001\x00",
];

/// What `python3` prints for `program`, which reads `input`.
fn python(program: &str, input: &str) -> String {
    let mut child = Command::new("python3")
        .args(["-I", "-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there, as the README asks");
    child.stdin.take().expect("it was piped").write_all(input.as_bytes()).expect("python3 reads it");
    let output = child.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "python3 failed");
    String::from_utf8(output.stdout).expect("python3 prints text")
}

#[test]
fn a_source_is_decoded_just_when_python_compiles_it() {
    let program = "
import sys
for line in sys.stdin:
    try:
        compile(bytes.fromhex(line), 'case', 'exec')
        print('yes')
    except Exception as error:
        print('no', repr(error))
";
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    let verdicts = python(program, &DECLARATIONS.map(hex).concat());
    assert_eq!(verdicts.lines().count(), DECLARATIONS.len());
    for (bytes, verdict) in DECLARATIONS.iter().zip(verdicts.lines()) {
        let outcome = Source::decode(bytes.to_vec());
        assert_eq!(outcome.is_ok(), verdict == "yes", "{:?}\n{verdict}\n{outcome:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_name_means_the_codec_that_python_means() {
    let program = "
import encodings.aliases
for alias, codec in encodings.aliases.aliases.items(): print(alias, codec)
";
    let encoding = |label: &str| Source::decode(format!("# coding: {label}\n").into()).ok().map(|it| it.encoding);
    let aliases = python(program, "");
    let known = aliases.lines().filter(|line| {
        let (alias, codec) = line.split_once(' ').expect("two words a line");
        assert_eq!(encoding(alias), encoding(codec), "{alias} is {codec}");
        encoding(codec).is_some()
    });
    assert!(known.count() > 150);
}

#[test]
fn the_characters_of_single_bytes_are_those_of_python() {
    let labels = CODECS.map(|(label, _)| label).into_iter().filter(|label| {
        // One byte is no character of these.
        !["utf", "UTF", "iso-2022", "euc", "gb", "big", "shift"].iter().any(|start| label.starts_with(start))
    });
    let program = "
import sys
for label in sys.stdin.read().split():
    for byte in range(256):
        try: print(label, byte, ord(bytes([byte]).decode(label.replace('-unix', ''))))
        except UnicodeError: pass
";
    let characters = python(program, &labels.collect::<Vec<_>>().join(" "));
    let mut compared = 0;
    for line in characters.lines() {
        let [label, byte, character] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let byte: u8 = byte.parse().expect("a byte");
        // The tables that stand in for these two hold characters where Python has control characters.
        let stands_in = ["latin5", "iso-8859-11"].contains(&label) && (0x80..0xa0).contains(&byte);
        // The web gives these two letters to Belarusian, where Python has box drawings.
        let is_belarusian = label == "koi8_u" && [0xae, 0xbe].contains(&byte);
        if byte == 0 || stands_in || is_belarusian {
            continue;
        }
        let text = decoded(&[format!("# coding: {label}\n\n").as_bytes(), &[byte]].concat()).text;
        let last = u32::from(text.chars().next_back().expect("text"));
        assert_eq!(last.to_string(), character, "{label} 0x{byte:02x}");
        compared += 1;
    }
    assert!(compared > 6_000, "{compared}");
}

#[test]
fn a_refusal_says_where_and_what_to_do() {
    let told: [(&[u8], &str); 9] = [
        (
            b"x = 1\ny = '\xe9'\n",
            "byte 0xe9 on line 2 (offset 11) is not utf-8, and no other encoding is declared; declare the one that the \
             file has, as in `# coding: latin-1` (PEP 263), or save it as UTF-8",
        ),
        (
            b"#\r\n# coding: ascii\r\ny = '\xe9'\r\n",
            "byte 0xe9 on line 3 (offset 25) is not ascii, as line 2 declares; declare the encoding that the file has \
             (PEP 263), or save it as UTF-8",
        ),
        (
            b"# coding: euc-jp\ry = '\xff'\r",
            "byte 0xff on line 2 (offset 22) is not euc-jp, as line 1 declares; declare the encoding that the file has \
             (PEP 263), or save it as UTF-8",
        ),
        (
            b"# coding: cp932\n'\xed\x40'",
            "byte 0xed on line 2 (offset 17) begins one of several spellings that cp932 has for a character, and could \
             not be written back as it is; save the file as UTF-8",
        ),
        (
            b"\xef\xbb\xbfy = '\xe9'\n",
            "byte 0xe9 on line 1 (offset 8) is not utf-8, as the byte order mark says; save the file as UTF-8",
        ),
        (
            b"# coding: klingon\n",
            "line 1 declares the encoding `klingon`, which is unknown; name one that Python and aiofix know, or save \
             the file as UTF-8",
        ),
        (
            b"\xef\xbb\xbf#\n# coding: cp1252\n",
            "line 2 declares the encoding `cp1252`, but the byte order mark says utf-8; remove one of them",
        ),
        (b"\x7fELF\x02\0\0", "it is binary, not Python source: there is byte 0x00 on line 1 (offset 5)"),
        (b"\xff\xfex\0", "it is UTF-16, which Python does not read as source; save it as UTF-8"),
    ];
    for (bytes, expected) in told {
        assert_eq!(refusal(bytes), expected);
    }
}

#[test]
fn bytes_with_two_spellings_in_the_table_are_refused() {
    // NEC's row and IBM's row of cp932 both have this character, and only one can be written back.
    assert!(refusal(b"# coding: cp932\n'\xed\x40'").contains("(offset 17) begins one of several spellings"));
    // A switch to ASCII where ASCII is already on.
    assert!(refusal(b"# coding: iso-2022-jp\n'\x1b(B'").contains("begins one of several spellings"));
}

#[test]
fn an_edit_that_the_codec_cannot_express_is_refused() {
    for label in ["ascii", "latin-1", "cp1252", "shift_jis"] {
        let source = decoded(format!("# coding: {label}\n").as_bytes());
        let refused = source.encoding.encode("x = '😀'").expect_err("the codec is older than this");
        assert!(sentence(refused).contains("has no `😀`"));
    }
}

#[test]
fn a_file_beyond_the_limit_is_not_looked_at() {
    let scene = Scene::new(&[("ok.py", "x = 1\n")]);
    let file = std::fs::File::options().write(true).open(scene.path("ok.py")).expect("it is there");
    file.set_len(MAX_BYTES + 30_000_000).expect("a sparse file takes no room");
    let told = sentence(read(&scene.path("ok.py")).expect_err("it is too large"));
    assert_eq!(told, "it has 50 MB, and files up to 20 MB are looked at; exclude it");
}

#[test]
fn what_is_no_file_is_told() {
    let scene = Scene::new(&[]);
    assert_eq!(sentence(read(&scene.root).expect_err("a folder")), "it is a directory, where a file was expected");
    let told = sentence(read(&scene.path("gone.py")).expect_err("nothing"));
    assert!(told.ends_with("; it may have been removed meanwhile"), "{told}");
}

proptest! {
    #[test]
    fn any_bytes_that_decode_come_back(
        codec in 0..CODECS.len(),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        bom in any::<bool>(),
    ) {
        let mark: &[u8] = if bom { b"\xef\xbb\xbf" } else { b"" };
        let header = format!("# coding: {}\n", CODECS[codec].0);
        for bytes in [[mark, header.as_bytes(), &bytes].concat(), [mark, &bytes].concat()] {
            if let Ok(source) = Source::decode(bytes.clone()) {
                prop_assert_eq!(&*source.encoding.encode(&source.text).expect("it came from there"), &*bytes);
            }
        }
    }

    #[test]
    fn any_text_that_encodes_comes_back(codec in 0..CODECS.len(), text in "[^\0]{0,40}") {
        let text = format!("# coding: {}\n{text}", CODECS[codec].0);
        let encoding = decoded(text.lines().next().expect("a first line").as_bytes()).encoding;
        if let Ok(source) = encoding.encode(&text).and_then(|bytes| Source::decode(bytes.to_vec())) {
            prop_assert_eq!(source.text, text);
        }
    }
}
