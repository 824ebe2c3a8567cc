import subprocess
import sys

import pytest
from small_models import facts, logistic_graph

from holdfast.errors import MissingExtraError, ModelError, RequestError
from holdfast.model.package import load, write
from holdfast.model.signature import sign

pytest.importorskip("cryptography")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "model", facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    return tmp_path / "model"


@pytest.fixture
def keys(tmp_path):
    """Make two pairs with the library's own primitives, as openssl would write them."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    made = []
    for name in ("ours", "theirs"):
        key = Ed25519PrivateKey.generate()
        private, public = tmp_path / f"{name}.pem", tmp_path / f"{name}.pub"
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        made.append((private, public))
    return made


def test_a_signed_model_loads_with_the_signers_key_only(folder, keys):
    (ours, public), (_, other) = keys
    with pytest.raises(ModelError, match="is not signed"):
        load(folder, require_signature=public)
    sign(folder, ours)
    assert load(folder, require_signature=public).task
    assert load(folder).task
    with pytest.raises(ModelError, match="does not fit"):
        load(folder, require_signature=other)


def test_any_change_of_the_manifest_or_signature_is_found(folder, keys):
    (ours, public), _ = keys
    place = sign(folder, ours)
    manifest = folder / "manifest.json"
    whole, signature = manifest.read_bytes(), place.read_bytes()
    for at in range(0, len(whole), 97):
        manifest.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ModelError, match="does not fit"):
            load(folder, require_signature=public)
    manifest.write_bytes(whole)
    for changed in (signature[:-1], signature + b"\0", bytes([signature[0] ^ 1]) + signature[1:]):
        place.write_bytes(changed)
        with pytest.raises(ModelError, match=r"not signed|does not fit"):
            load(folder, require_signature=public)


def test_what_is_no_key_is_said(folder, keys, tmp_path, monkeypatch):
    (ours, public), _ = keys
    (tmp_path / "text").write_text("no key")
    for path in (tmp_path / "text", tmp_path / "nowhere", public):
        with pytest.raises(RequestError, match="openssl genpkey -algorithm ed25519"):
            sign(folder, path)
    with pytest.raises(RequestError, match="openssl pkey"):
        load(folder, require_signature=ours)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    with pytest.raises(MissingExtraError, match=r"holdfast\[sign\]"):
        sign(folder, ours)


def test_the_commands(folder, keys):
    (ours, public), (_, other) = keys
    run = [sys.executable, "-m", "holdfast.cli.main"]
    subprocess.run([*run, "sign", folder, "--key", ours], check=True, capture_output=True)
    rows = folder.parent / "rows.csv"
    names = [field.name for field in load(folder).schema.fields]
    rows.write_text(",".join(names) + "\n" + "," * (len(names) - 1) + "\n")
    score = [*run, "score", folder, rows, "--out", folder.parent / "out.csv", "--require-signature"]
    assert subprocess.run([*score, public], capture_output=True).returncode == 0
    done = subprocess.run([*score, other], capture_output=True, text=True)
    assert done.returncode == 1
    assert "does not fit" in done.stderr
