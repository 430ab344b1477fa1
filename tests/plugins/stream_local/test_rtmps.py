"""RTMP over TLS with a certificate that the test makes."""

import asyncio
import contextlib
import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from stream_kit import KEY, KeyGate, MemoryJournal, new_id

from aethex_live.errors import StartError
from aethex_plugins.stream_local.addresses import Addresses
from aethex_plugins.stream_local.server import StreamingServer
from aethex_plugins.stream_local.settings import StreamLocalSettings
from aethex_plugins.stream_local.tls import Certificate


def make_certificate(folder: Path, name: str = "live.example") -> tuple[Path, Path]:
    """A self-signed certificate and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


def server_of(folder: Path, journal: MemoryJournal, **more) -> StreamingServer:
    settings = StreamLocalSettings(
        rtmp_port=0, rtmps_port=0, thumbnails=False, disk_floor_mb=0, reconnect_clean_seconds=0, **more
    )
    return StreamingServer(settings, folder / "media", KeyGate(), journal, new_id, None)


async def test_an_encoder_sends_by_tls(tmp_path, film, ffmpeg):
    certificate, key = make_certificate(tmp_path)
    journal = MemoryJournal()
    server = server_of(tmp_path, journal, rtmps_certificate=certificate, rtmps_key=key)
    await server.start()
    try:
        port = server.rtmp.secure_port
        process = await asyncio.create_subprocess_exec(
            *(str(ffmpeg), "-v", "error", "-re", "-i", str(film.path), "-c", "copy", "-t", "4", "-f", "flv"),
            *("-tls_verify", "0", f"rtmps://127.0.0.1:{port}/live/{KEY}"),
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(40):
            _, said = await process.communicate()
        assert process.returncode == 0, said
        [ready] = await journal.until("RecordingReady")
        assert ready.duration == pytest.approx(4, abs=0.3)
    finally:
        await server.stop()


async def test_plain_rtmp_on_the_tls_port_is_no_way_in(tmp_path):
    certificate, key = make_certificate(tmp_path)
    server = server_of(tmp_path, MemoryJournal(), rtmps_certificate=certificate, rtmps_key=key)
    await server.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.rtmp.secure_port)
        writer.write(b"\x03" + bytes(1536))
        async with asyncio.timeout(8):
            # what TLS says of it is an alert; RTMP's greeting would be 3,073 bytes
            assert len(await reader.read()) < 100
        assert server.rtmp.connections == 0
        writer.close()
    finally:
        await server.stop()


@pytest.mark.parametrize("wrong", ["missing", "garbage", "other key"])
async def test_a_certificate_that_cannot_be_used_stops_the_start_and_says_why(tmp_path, wrong):
    certificate, key = make_certificate(tmp_path)
    if wrong == "missing":
        certificate.unlink()
    elif wrong == "garbage":
        certificate.write_text("no certificate")
    else:
        folder = tmp_path / "other"
        folder.mkdir()
        key = make_certificate(folder)[1]
    server = server_of(tmp_path, MemoryJournal(), rtmps_certificate=certificate, rtmps_key=key)
    with pytest.raises(StartError, match="RTMPS can't be offered") as refused:
        await server.start()
    assert str(certificate) in str(refused.value)
    assert not server.rtmp.listening


def test_a_port_without_a_certificate_is_refused():
    with pytest.raises(ValueError, match="rtmps_certificate"):
        StreamLocalSettings(rtmps_port=1936)


def test_new_files_are_taken_and_bad_ones_leave_the_old_certificate(tmp_path):
    paths = make_certificate(tmp_path)
    certificate = Certificate(*paths)
    certificate.load()
    assert not certificate.renew()
    # When the files are renewed, Then new connections get the new one
    make_certificate(tmp_path, "new.example")
    assert certificate.renew()
    assert served(certificate) == "new.example"
    # When they are damaged, Then the good one stays
    paths[0].write_text("damaged")
    assert not certificate.renew()
    assert served(certificate) == "new.example"


def served(certificate: Certificate) -> str:
    """The name in the certificate that a client is shown."""
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    inward, outward, back, forth = (ssl.MemoryBIO() for _ in range(4))
    asks = client.wrap_bio(inward, outward)
    answers = certificate.context.wrap_bio(back, forth, server_side=True)
    for _ in range(4):
        for side in (asks, answers):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
            back.write(outward.read())
            inward.write(forth.read())
    shown = x509.load_der_x509_certificate(asks.getpeercert(binary_form=True))
    return str(shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ({"rtmps_port": 1936}, "rtmps://live.example:1936/live"),
        ({"rtmps_port": 443}, "rtmps://live.example/live"),
        ({"rtmps_url": "rtmps://in.example:1936/live"}, "rtmps://in.example:1936/live"),
    ],
)
def test_the_studio_shows_the_encrypted_address(tmp_path, more, url):
    paths = {"rtmps_certificate": tmp_path / "c", "rtmps_key": tmp_path / "k"}
    found = Addresses(StreamLocalSettings(**paths, **more), "https://live.example", None).endpoints("key")
    assert [(item.protocol, item.url) for item in found][1] == ("rtmps", url)
    assert found[1].key == "key"
