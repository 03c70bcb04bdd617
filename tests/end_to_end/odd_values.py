"""Texts, names, settings and files as bad as users' can be, for `made_up.py`."""

import datetime
import os

TEXTS = (
    *(
        "a lovely film",
        "dull and long",
        "",
        " ",
        "\t",
        "👍",
        "한국어 문장",
        "ab" * 3000,
        "...",
        "NaN",
    ),
    *(
        "null",
        "\u202eright to left",
        "e\u0301",
        "\ufeffmark",
        "\u200b",
        '"quoted"',
        "a,b;c",
        "line\n",
    ),
    *("=1+1", "1e999", "\x00", "\x07bell", "\U0010ffff", "<b>&amp;", "'", "\\", "\r", "\u2028x"),
)
LABELS = (
    "good",
    "bad",
    "1",
    "0",
    "1.0",
    "yes",
    "no",
    "",
    " good",
    "Good",
    "긍정",
    "a/b",
    "..",
    "nan",
)
NAMES = (
    *(
        "data",
        "c",
        "이미지",
        "a b",
        "a.b",
        ".hidden",
        "-x",
        "x" * 200,
        "x" * 254,
        "😀",
        "[1]",
        "a*b",
    ),
    *(
        "con",
        "a\nb",
        "a'b",
        'a"b',
        "$HOME",
        "~",
        "%s",
        "{0}",
        "train",
        "test",
        os.fsdecode(b"\xff\xfe"),
    ),
)
VALUES = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        3,
        1.5,
        -0.1,
        1e400,
        float("nan"),
        2**63,
        10**30,
        "",
        " ",
        "1e-3",
    ),
    *(
        "x",
        "no",
        "\x00",
        "한글",
        "a\nb",
        "../..",
        "/",
        "/dev/null",
        "~",
        "~nobody/x",
        "*",
        "[",
        "x" * 5000,
    ),
    *(
        [],
        {},
        [1],
        ["a", "a"],
        {"a": 1},
        {1: 2},
        [[]],
        {"kind": "x"},
        [None],
        datetime.date(2020, 1, 2),
    ),
)
KINDS = {"csv": ",", "tsv": "\t", "jsonl": "", "parquet": ""}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949", "latin-1", "utf-7")
RAW_CONFIGS = (
    *(
        b"",
        b"\xff\xfe\x00",
        b"\x00" * 50,
        b"name: [",
        b"- a\n- b\n",
        b"42",
        b"\tname: x",
        b"---\n---\n",
    ),
    *(
        b"a: 1\na: 2\n",
        b"? [a]\n: b\n",
        b"a: &x [*x]\n",
        b"a: *nothing\n",
        b"!!python/object:os.x {}",
    ),
    *(b"name: !!int abc\n", b"name: 2020-99-99\n", b"a: !!binary '*'\n", b"%YAML 9.9\n---\na: 1\n"),
    *(
        b"[" * 5000,
        b"{a: " * 3000,
        b"a: " + b"1" * 9000,
        b"<<: 3\nname: x\n",
        b"a: 0b\nb: 0x\nc: 1:99:2",
    ),
    *(
        "name: x".encode("utf-16"),
        "name: 한글".encode("cp949"),
        b"name: a\x07b\n",
        b"x: !foo bar\n",
    ),
    b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(
        b"%c: &%c [%s]\n" % (98 + i, 98 + i, b", ".join([b"*%c" % (97 + i)] * 9)) for i in range(9)
    ),
)
OVERRIDES = (
    *(
        "",
        "=",
        "a",
        "a=",
        "=1",
        "training.epochs=x",
        "training.epochs=[",
        "data=1",
        "data.source=",
        "..=1",
    ),
    *(
        "training.epochs=1e3",
        "model.kind=no",
        "model={}",
        "task.text=없음",
        "evaluation.slices=[text_length]",
    ),
    *(
        "tuning={}",
        "doctor={}",
        "name=X",
        "data.split.train=0",
        "training.batch_size=99999999999999999999",
    ),
    *(
        "data.source.encoding=utf-99",
        "data.source.encoding=idna",
        "data.source.path=.",
        "runtime.schema=x",
    ),
    *(
        "data.split.seed=-1",
        "data.source.encoding=base64",
        "data.max_quarantined=1.0",
        "a.b.c[0]=1",
        "\x01=2",
    ),
)
WITHOUT_PROJECT = ("predict", "serve", "bench", "bundle", "schema", "nonsense")
QUICK = ("check", "show") * 5 + WITHOUT_PROJECT
"""Commands that import neither TensorFlow nor TFX here, the usual ones more often."""
SLOW = ("layers", "run", "doctor", "ladder", "tune", "augment", "augment-test")
TERMINALS = (
    *(
        {},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1", "COLUMNS": "20"},
        {"TERM": "dumb"},
    ),
    *({"COLUMNS": "0"}, {"COLUMNS": "1"}, {"COLUMNS": "x"}, {"COLUMNS": "³"}, {"NO_COLOR": "1"}),
    *({"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"FORCE_COLOR": "1"}),
)
