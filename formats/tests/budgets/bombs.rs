//! Files of a few bytes, or of many equal ones, that claim to be huge.

use std::io::Write as _;

/// The name of a file and its bytes.
pub(crate) type Bomb = (String, Vec<u8>);

/// All of them.
pub(crate) fn all() -> Vec<Bomb> {
    let mut bombs = Vec::new();
    tiff(&mut bombs);
    edf(&mut bombs);
    cbf(&mut bombs);
    other_images(&mut bombs);
    tables(&mut bombs);
    compressed(&mut bombs);
    bombs
}

fn named(name: &str, bytes: impl Into<Vec<u8>>) -> Bomb {
    (name.to_owned(), bytes.into())
}

/// Lines of numbers, one after another.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    let all: Vec<String> = (0..count).map(line).collect();
    all.concat()
}

/// A little-endian TIFF with these entries: tag, type, count, value.
fn tiff_of(entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file.extend([0x80; 64]);
    file
}

fn tiff(bombs: &mut Vec<Bomb>) {
    let (short, long) = (3, 4);
    let sides = [
        (u32::MAX, u32::MAX),
        (1 << 31, 2),
        (1 << 17, 1 << 17),
        (0, 7),
    ];
    for (at, (width, height)) in sides.into_iter().enumerate() {
        // None, LZW, deflate, PackBits, zstd, and one that nobody knows.
        for compression in [1, 5, 8, 32773, 50000, 34712] {
            let strips = [
                (256, long, 1, width),
                (257, long, 1, height),
                (258, short, 1, 16),
                (259, short, 1, compression),
                (262, short, 1, 1),
                (273, long, 1, 8),
                (277, short, 1, 1),
                (278, long, 1, height),
                (279, long, 1, 60),
            ];
            bombs.push(named(
                &format!("strip_{at}_{compression}.tif"),
                tiff_of(&strips),
            ));
            let tiles = [
                (256, long, 1, width),
                (257, long, 1, height),
                (258, short, 1, 64),
                (259, short, 1, compression),
                (262, short, 1, 1),
                (277, short, 1, 1),
                (322, long, 1, 1 << 16),
                (323, long, 1, 1 << 16),
                (324, long, u32::MAX, 8),
                (325, long, u32::MAX, 8),
            ];
            bombs.push(named(
                &format!("tile_{at}_{compression}.tif"),
                tiff_of(&tiles),
            ));
        }
    }
    let rows = [
        (256, long, 1, 1),
        (257, long, 1, 1 << 31),
        (273, long, 1 << 31, 8),
        (278, long, 1, 1),
        (279, long, 1 << 31, 8),
    ];
    bombs.push(named("strips.tif", tiff_of(&rows)));
    bombs.push(named("text.tif", tiff_of(&[(270, 2, u32::MAX, 8)])));
    // A directory that follows itself, and a BigTIFF of 2^63 entries.
    let mut circle = tiff_of(&[(256, long, 1, 4), (257, long, 1, 4)]);
    circle[34..38].copy_from_slice(&8_u32.to_le_bytes());
    bombs.push(named("circle.tif", circle));
    let mut big = b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0".to_vec();
    big.extend((1_u64 << 63).to_le_bytes());
    big.extend([1; 200]);
    bombs.push(named("entries.tif", big));
}

fn edf(bombs: &mut Vec<Bomb>) {
    for (at, dims) in [
        "Dim_1 = 4000000000 ;\nDim_2 = 4000000000 ;\n",
        "Dim_1 = 18446744073709551615 ;\nDim_2 = 2 ;\n",
        "Dim_1 = 100000 ;\nDim_2 = 100000 ;\nSize = 80000000000 ;\n",
        "Dim_1 = 4 ;\nDim_2 = 4 ;\nDim_3 = 99999999999 ;\n",
        "Dim_1 = 4 ;\nDim_2 = 4 ;\nSize = 18446744073709551615 ;\n",
        "Dim_1 = 60000 ;\nDim_2 = 60000 ;\nCompression = GzipCompression ;\nSize = 32 ;\n",
        "Dim_1 = -1 ;\nDim_2 = -1 ;\n",
    ]
    .into_iter()
    .enumerate()
    {
        let head = format!(
            "{{\nHeaderID = EH:000001:000000:000000 ;\nByteOrder = LowByteFirst ;\nDataType = DoubleValue ;\n{dims}"
        );
        let mut file = format!("{head:<509}\n}}\n").into_bytes();
        file.extend([7; 64]);
        bombs.push(named(&format!("claims_{at}.edf"), file));
    }
    bombs.push(named(
        "open.edf",
        [b"{\nHeaderID = 1 ;\n".to_vec(), vec![b' '; 20 << 20]].concat(),
    ));
    let keys = lines(300_000, |at| format!("k{at} = 1 ;\n"));
    bombs.push(named("keys.edf", format!("{{\nDim_1 = 1 ;\n{keys}}}\n")));
    bombs.push(named(
        "empty_images.edf",
        "{ Dim_1 = 0 ; Dim_2 = 0 ; }\n".repeat(200_000),
    ));
}

fn cbf(bombs: &mut Vec<Bomb>) {
    for (at, (conversion, size, elements, fast)) in [
        (
            "x-CBF_BYTE_OFFSET",
            "40",
            "18446744073709551615",
            "4294967296",
        ),
        ("x-CBF_BYTE_OFFSET", "40", "16000000000", "4000000"),
        ("x-CBF_PACKED", "40", "1000000000", "100000"),
        ("x-CBF_PACKED_V2", "40", "1000000000", "100000"),
        ("x-CBF_BYTE_OFFSET", "9223372036854775807", "16", "4"),
        ("x-CBF_NONE", "40", "4000000000", "65536"),
        ("x-CBF_CANONICAL", "40", "4000000000", "65536"),
    ]
    .into_iter()
    .enumerate()
    {
        let head = format!(
            "###CBF: VERSION 1.5\r\ndata_x\r\n_array_data.data\r\n;\r\n--CIF-BINARY-FORMAT-SECTION--\r\n\
             Content-Type: application/octet-stream;\r\n     conversions=\"{conversion}\"\r\n\
             Content-Transfer-Encoding: BINARY\r\nX-Binary-Size: {size}\r\nX-Binary-ID: 1\r\n\
             X-Binary-Element-Type: \"signed 32-bit integer\"\r\n\
             X-Binary-Element-Byte-Order: LITTLE_ENDIAN\r\nX-Binary-Number-of-Elements: {elements}\r\n\
             X-Binary-Size-Fastest-Dimension: {fast}\r\nX-Binary-Size-Second-Dimension: {fast}\r\n\r\n"
        );
        let mut file = head.into_bytes();
        file.extend([0x0c, 0x1a, 0x04, 0xd5]);
        file.extend([0; 40]);
        bombs.push(named(&format!("claims_{at}.cbf"), file));
    }
    let line = [
        b"###CBF: VERSION 1.5\r\ndata_".to_vec(),
        vec![b'x'; 20 << 20],
    ]
    .concat();
    bombs.push(named("line.cbf", line));
}

fn other_images(bombs: &mut Vec<Bomb>) {
    for (at, shape) in [
        "(1099511627776, 1048576)",
        "(3000000000,)",
        "(0, 18446744073709551615)",
        "(1,)*99",
    ]
    .into_iter()
    .enumerate()
    {
        let head = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut file = b"\x93NUMPY\x01\0".to_vec();
        file.extend((head.len() as u16).to_le_bytes());
        file.extend(head.into_bytes());
        bombs.push(named(&format!("claims_{at}.npy"), file));
    }
    let mut file = b"\x93NUMPY\x02\0".to_vec();
    file.extend(u32::MAX.to_le_bytes());
    bombs.push(named("head.npy", file));
    for (at, sides) in [[i32::MAX; 3], [1 << 20, 1 << 20, 1], [-1, -1, -1]]
        .into_iter()
        .enumerate()
    {
        let mut file = vec![0; 1024 + 64];
        for (place, side) in sides.iter().chain(&[2]).enumerate() {
            file[4 * place..4 * place + 4].copy_from_slice(&side.to_le_bytes());
        }
        file[92..96].copy_from_slice(&i32::MAX.to_le_bytes());
        file[208..216].copy_from_slice(b"MAP DD\0\0");
        bombs.push(named(&format!("claims_{at}.mrc"), file));
        let mut file = vec![0; 4096 + 64];
        file[..4].copy_from_slice(b"II*\0");
        file[1024..1028].copy_from_slice(&1234_u32.to_le_bytes());
        for place in [1024 + 80, 1024 + 84] {
            file[place..place + 4].copy_from_slice(&sides[0].to_le_bytes());
        }
        file[1024 + 88..1024 + 92].copy_from_slice(&2_u32.to_le_bytes());
        bombs.push(named(&format!("claims_{at}.mccd"), file));
    }
    for (at, sides) in [
        "SIZE1=4000000000;\nSIZE2=4000000000;\n",
        "SIZE1=-5;\nSIZE2=9;\n",
        "SIZE1=50000;\nSIZE2=50000;\nCOMPRESSION=BIP;\n",
    ]
    .into_iter()
    .enumerate()
    {
        let head = format!(
            "{{\nHEADER_BYTES=  512;\nDIM=2;\nBYTE_ORDER=little_endian;\nTYPE=unsigned_short;\n{sides}}}\n"
        );
        bombs.push(named(
            &format!("claims_{at}.img"),
            format!("{head:<512}tail"),
        ));
    }
    bombs.push(named(
        "head.img",
        "{\nHEADER_BYTES=99999999999;\nDIM=2;\n}\n",
    ));
    bombs.push(named("scan_4000000x4000000x4000000_64bit.raw", vec![0; 64]));
    bombs.push(named(
        "scan.vol.info",
        "NUM_X = 2000000000\nNUM_Y = 2000000000\nNUM_Z = 2000000000\n",
    ));
}

fn tables(bombs: &mut Vec<Bomb>) {
    let names = lines(200_000, |at| format!("c{at}  "));
    let head = "#F scans.spec\n#E 1\n\n";
    bombs.push(named(
        "wide.spec",
        format!("{head}#S 1 ascan\n#N 99999999999\n#L {names}\n1 2 3\n"),
    ));
    bombs.push(named(
        "motors.spec",
        format!("{head}#O0 {names}\n#S 1 ascan\n#P0 1 2\n#L a  b\n1 2\n"),
    ));
    bombs.push(named(
        "scans.spec",
        format!("{head}{}", "#S 1 a\n".repeat(300_000)),
    ));
    let mca = format!("{head}#S 1 a\n#@CHANN 4000000000 0 3999999999 1\n#L a\n@A 1 2\\\n 3\n1\n");
    bombs.push(named("mca.spec", mca));
    // Rows that are wider and wider.
    let rows = lines(1500, |width| format!("{}\n", "1 ".repeat(width)));
    bombs.push(named("rows.spec", format!("{head}#S 1 a\n#L a  b\n{rows}")));
    let columns = lines(200_000, |at| format!(" Col {at} c{at} DOUBLE\n"));
    bombs.push(named(
        "scan_00001.fio",
        format!("%c\nascan\n%p\na = 1\n%d\n{columns} 1 2 3\n"),
    ));
    bombs.push(named(
        "far_00001.fio",
        "%c\nascan\n%d\n Col 18446744073709551615 c DOUBLE\n 1\n",
    ));
}

fn compressed(bombs: &mut Vec<Bomb>) {
    let head = "{\nDataType = DoubleValue ;\nDim_1 = 10000 ;\nDim_2 = 10000 ;\n";
    let head = format!("{head:<509}\n}}\n");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    gzip.write_all(head.as_bytes()).unwrap();
    bzip2.write_all(head.as_bytes()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        gzip.write_all(&zeros).unwrap();
        bzip2.write_all(&zeros).unwrap();
    }
    bombs.push(named("bomb.edf.gz", gzip.finish().unwrap()));
    bombs.push(named("bomb.edf.bz2", bzip2.finish().unwrap()));
}
