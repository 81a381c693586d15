//! The codecs that a source may name in its PEP 263 declaration, and their bytes.
//!
//! A name is looked up as Python looks it up (`encodings.normalize_encoding` and its aliases), not as the web does: to
//! a browser `latin-1` and `ascii` are both windows-1252. Every codec here keeps each byte that it takes: what
//! [`Codec::decode`] accepts, [`Codec::encode`] gives back. UTF-8 and the two codecs of which encoding_rs has only
//! look-alikes are done here, the rest are its tables. UTF-16 and UTF-7 are absent: they are no supersets of ASCII.

use std::borrow::Cow;
use std::fmt;

/// One codec, by the name that Python's documentation gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codec {
    name: &'static str,
    table: Table,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Utf8,
    Ascii,
    /// Byte and character have the same number.
    Latin1,
    Other(&'static encoding_rs::Encoding),
}

/// Bytes that are no text of a codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub bytes: Vec<u8>,
    pub fault: Fault,
}

/// What is wrong, with the zero-based offset of the first byte at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No character of the codec begins here.
    NoCharacter(usize),
    /// The character has another spelling, which [`Codec::encode`] would choose.
    OtherSpelling(usize),
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Codec {
    pub const UTF_8: Codec = Codec { name: "utf-8", table: Table::Utf8 };

    /// The codec that Python finds under `label`, unless Python or aiofix has none.
    pub fn named(label: &str) -> Option<Codec> {
        let name = normalized(label);
        // The tokenizer cuts what Emacs appends to a name, as in `latin-1-unix`, before it asks for the codec.
        if name.starts_with("utf_8_") {
            return Some(Codec::UTF_8);
        }
        let is_latin = ["latin_1_", "iso_8859_1_", "iso_latin_1_"].iter().any(|start| name.starts_with(start));
        let (name, table) = by_name(if is_latin { "latin_1" } else { &name })?;
        Some(Codec { name, table })
    }

    pub fn is_utf8(self) -> bool {
        self.table == Table::Utf8
    }

    /// The text that `bytes` are; UTF-8 is taken over without a copy.
    ///
    /// Bytes that decode but would come back as others count as malformed: several tables have two spellings of one
    /// character, and a source must keep the one it has.
    pub fn decode(self, bytes: Vec<u8>) -> Result<String, Malformed> {
        match self.table {
            Table::Utf8 => String::from_utf8(bytes).map_err(|error| {
                let fault = Fault::NoCharacter(error.utf8_error().valid_up_to());
                Malformed { bytes: error.into_bytes(), fault }
            }),
            Table::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
                Some(at) => Err(Malformed { bytes, fault: Fault::NoCharacter(at) }),
                None => Ok(String::from_utf8(bytes).expect("ASCII is UTF-8")),
            },
            Table::Latin1 => Ok(encoding_rs::mem::decode_latin1(&bytes).into_owned()),
            Table::Other(encoding) => decode_by_table(encoding, &bytes).map_err(|fault| Malformed { bytes, fault }),
        }
    }

    /// The bytes that `text` has in this codec, or the first character that it has no bytes for.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, char> {
        match self.table {
            Table::Utf8 => Ok(Cow::Borrowed(text.as_bytes())),
            Table::Ascii => match text.chars().find(|character| !character.is_ascii()) {
                Some(character) => Err(character),
                None => Ok(Cow::Borrowed(text.as_bytes())),
            },
            Table::Latin1 => match text.chars().find(|&character| character > '\u{ff}') {
                Some(character) => Err(character),
                None => Ok(Cow::Owned(encoding_rs::mem::encode_latin1_lossy(text).into_owned())),
            },
            Table::Other(encoding) => encode_by_table(encoding, text).map(Cow::Owned),
        }
    }
}

fn decode_by_table(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> Result<String, Fault> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len());
    let mut text = String::with_capacity(capacity);
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    if let encoding_rs::DecoderResult::Malformed(length, past) = result {
        return Err(Fault::NoCharacter(read.saturating_sub(usize::from(length) + usize::from(past))));
    }
    let back = encode_by_table(encoding, &text).unwrap_or_default();
    if back == bytes {
        return Ok(text);
    }
    Err(Fault::OtherSpelling(back.iter().zip(bytes).take_while(|(one, other)| one == other).count()))
}

fn encode_by_table(encoding: &'static encoding_rs::Encoding, text: &str) -> Result<Vec<u8>, char> {
    let mut encoder = encoding.new_encoder();
    let capacity = encoder.max_buffer_length_from_utf8_without_replacement(text.len()).unwrap_or(text.len());
    let mut bytes = Vec::with_capacity(capacity);
    match encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true).0 {
        encoding_rs::EncoderResult::Unmappable(character) => Err(character),
        _ => Ok(bytes),
    }
}

/// The name as Python's alias table spells it: lower case, with one `_` for every run of punctuation.
fn normalized(label: &str) -> String {
    label
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect::<Vec<_>>()
        .join("_")
}

fn by_name(name: &str) -> Option<(&'static str, Table)> {
    Some(match name {
        "utf_8" | "utf8" | "utf" | "u8" | "utf8_ucs2" | "utf8_ucs4" | "cp65001" => (Codec::UTF_8.name, Table::Utf8),
        "ascii" | "us_ascii" | "us" | "646" | "iso646_us" | "iso_646_irv_1991" | "iso_ir_6" | "ansi_x3_4_1968"
        | "ansi_x3_4_1986" | "cp367" | "ibm367" | "csascii" => ("ascii", Table::Ascii),
        "latin_1" | "latin1" | "latin" | "l1" | "iso8859_1" | "iso_8859_1" | "iso_8859_1_1987" | "iso8859" | "8859"
        | "iso_ir_100" | "iso_latin_1" | "cp819" | "ibm819" | "csisolatin1" => ("latin-1", Table::Latin1),
        _ => {
            let (name, encoding) = single_byte(name).or_else(|| multi_byte(name))?;
            (name, Table::Other(encoding))
        }
    })
}

/// The tables of one byte a character. encoding_rs has windows-1254 and windows-874 for the ISO parts 9 and 11, which
/// hold more, at bytes that the ISO parts give to control characters.
fn single_byte(name: &str) -> Option<(&'static str, &'static encoding_rs::Encoding)> {
    use encoding_rs as table;
    let windows = name.strip_prefix("windows_").or_else(|| name.strip_prefix("cp")).unwrap_or(name);
    let iso = name.strip_prefix("iso_8859_").or_else(|| name.strip_prefix("iso8859_")).map(without_year);
    let script = matches!(name, "cyrillic" | "arabic" | "greek" | "hebrew").then_some(name);
    let latin = script.or_else(|| ["latin", "csisolatin", "l"].iter().find_map(|start| name.strip_prefix(start)));
    Some(match (windows, iso.unwrap_or(""), latin.unwrap_or("")) {
        ("1250", ..) => ("cp1250", table::WINDOWS_1250),
        ("1251", ..) => ("cp1251", table::WINDOWS_1251),
        ("1252", ..) => ("cp1252", table::WINDOWS_1252),
        ("1253", ..) => ("cp1253", table::WINDOWS_1253),
        ("1254", ..) => ("cp1254", table::WINDOWS_1254),
        ("1255", ..) => ("cp1255", table::WINDOWS_1255),
        ("1256", ..) => ("cp1256", table::WINDOWS_1256),
        ("1257", ..) => ("cp1257", table::WINDOWS_1257),
        ("1258", ..) => ("cp1258", table::WINDOWS_1258),
        ("866" | "ibm866" | "csibm866", ..) => ("cp866", table::IBM866),
        ("874", ..) => ("cp874", table::WINDOWS_874),
        ("koi8_r" | "cskoi8r", ..) => ("koi8-r", table::KOI8_R),
        ("koi8_u", ..) => ("koi8-u", table::KOI8_U),
        ("mac_roman" | "macroman" | "macintosh", ..) => ("mac-roman", table::MACINTOSH),
        ("mac_cyrillic" | "maccyrillic", ..) => ("mac-cyrillic", table::X_MAC_CYRILLIC),
        ("tis_620" | "tis620" | "iso_ir_166" | "tis_620_0" | "tis_620_2529_0" | "tis_620_2529_1", ..) => {
            ("tis-620", table::WINDOWS_874)
        }
        ("thai", ..) | (_, "11", _) => ("iso8859-11", table::WINDOWS_874),
        ("iso_ir_101", ..) | (_, "2", _) | (_, _, "2") => ("iso8859-2", table::ISO_8859_2),
        ("iso_ir_109", ..) | (_, "3", _) | (_, _, "3") => ("iso8859-3", table::ISO_8859_3),
        ("iso_ir_110", ..) | (_, "4", _) | (_, _, "4") => ("iso8859-4", table::ISO_8859_4),
        ("iso_ir_144", ..) | (_, "5", _) | (_, _, "cyrillic") => ("iso8859-5", table::ISO_8859_5),
        ("asmo_708" | "ecma_114" | "iso_ir_127", ..) | (_, "6", _) | (_, _, "arabic") => {
            ("iso8859-6", table::ISO_8859_6)
        }
        ("greek8" | "ecma_118" | "elot_928" | "iso_ir_126", ..) | (_, "7", _) | (_, _, "greek") => {
            ("iso8859-7", table::ISO_8859_7)
        }
        ("iso_ir_138", ..) | (_, "8", _) | (_, _, "hebrew") => ("iso8859-8", table::ISO_8859_8),
        ("iso_ir_148", ..) | (_, "9", _) | (_, _, "5") => ("iso8859-9", table::WINDOWS_1254),
        ("iso_ir_157", ..) | (_, "10", _) | (_, _, "6") => ("iso8859-10", table::ISO_8859_10),
        (_, "13", _) | (_, _, "7") => ("iso8859-13", table::ISO_8859_13),
        ("iso_celtic" | "iso_ir_199", ..) | (_, "14", _) | (_, _, "8") => ("iso8859-14", table::ISO_8859_14),
        (_, "15", _) | (_, _, "9") => ("iso8859-15", table::ISO_8859_15),
        ("iso_ir_226", ..) | (_, "16", _) | (_, _, "10") => ("iso8859-16", table::ISO_8859_16),
        _ => return None,
    })
}

/// The part of ISO 8859 in `15` or `2_1987`.
fn without_year(part: &str) -> &str {
    match part.split_once('_') {
        Some((part, year)) if year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) => part,
        _ => part,
    }
}

/// The tables of several bytes a character. Where encoding_rs has one table for a family, it holds what each member
/// does, and [`Codec::decode`] refuses what it would not give back.
fn multi_byte(name: &str) -> Option<(&'static str, &'static encoding_rs::Encoding)> {
    use encoding_rs as table;
    Some(match name {
        "gbk" | "936" | "cp936" | "ms936" => ("gbk", table::GBK),
        "gb2312" | "chinese" | "csiso58gb231280" | "euc_cn" | "euccn" | "eucgb2312_cn" | "gb2312_1980"
        | "gb2312_80" | "iso_ir_58" | "x_mac_simp_chinese" => ("gb2312", table::GBK),
        "gb18030" | "gb18030_2000" => ("gb18030", table::GB18030),
        "big5" | "big5_tw" | "csbig5" | "x_mac_trad_chinese" => ("big5", table::BIG5),
        "big5hkscs" | "big5_hkscs" | "hkscs" => ("big5hkscs", table::BIG5),
        "cp950" | "950" | "ms950" => ("cp950", table::BIG5),
        "euc_jp" | "eucjp" | "ujis" | "u_jis" => ("euc-jp", table::EUC_JP),
        "shift_jis" | "shiftjis" | "sjis" | "s_jis" | "csshiftjis" | "x_mac_japanese" => {
            ("shift-jis", table::SHIFT_JIS)
        }
        "cp932" | "932" | "ms932" | "mskanji" | "ms_kanji" | "windows_31j" => ("cp932", table::SHIFT_JIS),
        "iso2022_jp" | "iso_2022_jp" | "iso2022jp" | "csiso2022jp" => ("iso2022-jp", table::ISO_2022_JP),
        "euc_kr" | "euckr" | "korean" | "ksc5601" | "ks_c_5601" | "ks_c_5601_1987" | "ksx1001" | "ks_x_1001"
        | "x_mac_korean" => ("euc-kr", table::EUC_KR),
        "cp949" | "949" | "ms949" | "uhc" => ("cp949", table::EUC_KR),
        _ => return None,
    })
}
