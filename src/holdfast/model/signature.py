"""Who made a package: an Ed25519 signature (RFC 8032) over the manifest, which holds the hash of every other file."""

from pathlib import Path
from typing import Any

from holdfast.errors import MissingExtraError, ModelError, RequestError
from holdfast.files import replacing

SIGNATURE = "manifest.sig"
LENGTH = 64


def sign(folder: Path, key: Path) -> Path:
    """Sign a model folder with a private key in PEM, as `openssl genpkey -algorithm ed25519` makes it; gives the file written.

    Raises RequestError for a key that is none, MissingExtraError without the `sign` extra.
    """
    private = read_key(key, private=True)
    place = folder / SIGNATURE
    try:
        with replacing(place) as partial:
            partial.write_bytes(private.sign((folder / "manifest.json").read_bytes()))
    except OSError as error:
        raise RequestError(
            f"{folder} can't be signed ({error.strerror}); expected a model folder to write to"
        ) from None
    return place


def verify(folder: Path, manifest: bytes, key: Path) -> None:
    """Raise ModelError unless the folder holds a signature of these bytes that the public key's owner made."""
    public = read_key(key, private=False)
    from cryptography.exceptions import InvalidSignature

    place = folder / SIGNATURE
    if place.is_symlink() or not place.is_file() or place.stat().st_size != LENGTH:
        raise ModelError(
            f"{folder} is not signed; expected {SIGNATURE}, made with holdfast sign: ask whoever made the model"
        )
    try:
        public.verify(place.read_bytes(), manifest)
    except InvalidSignature:
        raise ModelError(
            f"the signature of {folder} does not fit {key}; expected that of the key's owner over this very model: don't use it"
        ) from None


def read_key(path: Path, *, private: bool) -> Any:
    """Read an Ed25519 key in PEM."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
    except ImportError:
        raise MissingExtraError(
            "signatures need cryptography, which is not installed: pip install 'holdfast[sign]'"
        ) from None
    wanted = "a private key, as openssl genpkey -algorithm ed25519 makes it"
    if not private:
        wanted = "a public key, as openssl pkey -in KEY.pem -pubout makes it"
    try:
        data = path.read_bytes()
        key = load_pem_private_key(data, password=None) if private else load_pem_public_key(data)
    except (OSError, ValueError, TypeError):
        raise RequestError(f"{path} is no key that can be read; expected {wanted}, without a password") from None
    if not isinstance(key, Ed25519PrivateKey if private else Ed25519PublicKey):
        raise RequestError(f"{path} holds {type(key).__name__}; expected {wanted}")
    return key
