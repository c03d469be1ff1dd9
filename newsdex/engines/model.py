"""A model on this machine, opened for the engines. What is derived once is kept in $XDG_CACHE_HOME/newsdex, or ~/.cache/newsdex."""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import xxhash

from newsdex import foreign
from newsdex.encoder import ModelCard
from newsdex.engines.description import AGAIN, MOST_TOKENS, Description, NotKnown, describe, describe_pairs, opened
from newsdex.engines.families import FAMILIES, Dense, Network, network
from newsdex.engines.known import IN_FEWER_BITS, KNOWN, OFFICIAL, Known
from newsdex.engines.tokens import Tokens
from newsdex.errors import ModelError
from newsdex.tensors import Tensors, view_tensors

# As text: a question with a known model does not wait for the expressions.
_HUB_NAME = r"(?:[\w.-]{1,100}/)?[\w.-]{1,100}"
_REVISION = "[0-9a-f]{40}"
_INNER = ("snapshots/*/modules.json", "snapshots/*/config.json", "*/modules.json")  # of a model that lies below a folder
SPECIAL = 2  # tokens that the chunker leaves room for
_FRONT_MATTER = r"(?s)---\s*\n(.*?)\n---"
_LONGEST_README = 1 << 16  # characters that are looked at
_LARGEST = 1 << 16  # bytes of a card
_MAKING = ".making-"  # begins the name of a folder that is being made, some seconds long
_LEFT = 3600  # seconds after which nobody makes it any more
_ALIKE = 0.94  # of a mistyped name: one letter more or less in sixteen; all-MiniLM-L12-v2 and all-MiniLM-L6-v2 have .91
_READING = 2  # increase this when a folder is read differently
_BLOCK = 1 << 18  # bytes: what stays in the cache of the processor


class Model:
    """A model of a known family."""

    def __init__(self, folder: Path, name: str, known: Known | None = None, *, pairs: bool = False) -> None:
        """``pairs``: a cross-encoder. Raises ModelError when something is damaged or wrong, NotKnown when it is of another family."""
        self.folder = folder
        self.name = name
        self._known = known
        try:
            self.description: Description = (describe_pairs if pairs else describe)(folder, FAMILIES)
        except (ModelError, NotKnown) as error:
            if not known:
                raise
            raise ModelError(f"{folder} is damaged: {str(error).removesuffix(f'. {AGAIN}')}. {self._cure}") from error
        if not known:
            from newsdex.engines.tokenizer_file import read_tokenizer  # which the known ones do not need

            self._foreign_tokenizer = read_tokenizer(self.description.folder / "tokenizer.json")
            if not (self.description.folder / "model.safetensors").exists():
                _check_pickled(self.description.folder)
                raise NotKnown("its weights are not in a file model.safetensors")

    @cached_property
    def network(self) -> Network:
        """Its network over memory-mapped weights. Raises ModelError."""
        found = network(self.description, self._tensors)
        return found._replace(window=min(found.window, self._known.card.max_tokens)) if self._known else found

    @cached_property
    def tokens(self) -> Tokens:
        """Its tokenizer. Raises ModelError."""
        return Tokens(self._known.tokenizer(self._read) if self._known else self._foreign_tokenizer, self.network.window)

    @cached_property
    def card(self) -> ModelCard:
        """What its vectors mean: of a foreign model computed once, some seconds, and kept while its files stay as they are."""
        if self._known:
            return self._known.card
        return replace(kept_card(self._stamp(), self._measured), name=self.name)

    def check(self) -> None:
        """Once a build: compare what ``_tensors`` does not of a known model; warn if it is not for search or its window too large. Raises
        ModelError.
        """
        if self.description.untrained:
            warn_untrained(self.name, self.description.untrained)
        if self.network.window < self.description.window < MOST_TOKENS and not self._known:
            import logging  # takes milliseconds to load

            told = "texts are cut at %d tokens, all that the model %s has positions for, and not at %d, as its settings say"
            logging.getLogger(__name__).warning(told, self.network.window, self.name, self.description.window)
        if self._known:
            path = self.folder / "model.safetensors"
            self._compare(path, self._blocks(path, self._known.words), self._known.table)

    def _measured(self) -> ModelCard:
        from newsdex.engines.pairs import typical_cosines
        from newsdex.engines.question_engine import NumpyEncoder

        folders = [self.description.folder, *(module.folder for module in self.description.modules)]
        card = ModelCard(
            name=self.name,
            weights=self._sha256(*(folder / "model.safetensors" for folder in folders)),
            tokenizer=self._sha256(self.description.folder / "tokenizer.json"),
            dimension=self.network.dimension,
            max_tokens=self.network.window - max(0, self.tokens.tokenizer.around - SPECIAL),
            pooling=f"{self.description.family} {self.network.pooling} {self._shape()}",
            question_prefix=self.description.question_prefix,
            passage_prefix=self.description.passage_prefix,
            languages=" ".join(languages(self._readme())),
        )
        with np.errstate(all="ignore"):  # which is told below
            related, unrelated = typical_cosines(NumpyEncoder(self, card))
        if not np.isfinite([related, unrelated]).all():
            raise ModelError(f"the model {self.name!r} computes vectors that are not numbers. Fetch it again, or choose another")
        return replace(card, related=related, unrelated=unrelated)

    def _readme(self) -> str:
        try:
            with (self.folder / "README.md").open(encoding="utf-8", errors="replace") as file:
                return file.read(_LONGEST_README)
        except OSError:
            return ""

    def _shape(self) -> str:
        """16 hexadecimal digits of all that decides a vector and is no tensor and no tokenizer."""
        found = self.network
        head = [step.activation if isinstance(step, Dense) else step.epsilon for step in found.head]
        told = [found.heads, found.norm.epsilon, found.activation, found.before, found.size, head]
        return xxhash.xxh3_64_hexdigest(json.dumps([*told, [(layer.reach, layer.theta) for layer in found.layers]]).encode())

    def _stamp(self) -> str:
        """32 hexadecimal digits that change with the files, and with how they are read: a card kept by an earlier version is left."""
        files = sorted(path for path in self.folder.glob("**/*") if path.suffix in (".json", ".safetensors", ".md"))
        told = [(str(path.relative_to(self.folder)), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in files]
        return xxhash.xxh3_128_hexdigest(json.dumps([_READING, str(self.folder.absolute()), told]).encode())

    def _tensors(self, path: Path) -> Tensors:
        """The tensors of a file, read-only, over a private map, which OpenVINO can take as it is."""
        view = self._map(path, mmap.ACCESS_COPY)
        if self._known:
            words = self._known.words
            self._compare(path, [view[: words.start], view[words.stop :]], self._known.digests[path.name])
        try:
            tensors = view_tensors(view)
        except ValueError as error:
            raise ModelError(f"{path}: {error}. {self._cure}") from error
        for tensor in tensors.values():
            tensor.flags.writeable = False
        return tensors

    def _sha256(self, *paths: Path) -> str:
        import hashlib  # takes milliseconds to load, and no question needs it

        digest = hashlib.sha256()
        for path in paths:
            digest.update(self._map(path))
        return digest.hexdigest()

    def _blocks(self, path: Path, part: slice) -> Iterator[bytes]:
        """A part of its content without a map, whose pages would all count as memory of this process."""
        try:
            with opened(path) as file:
                file.seek(part.start)
                for start in range(part.start, part.stop, _BLOCK):
                    yield file.read(min(_BLOCK, part.stop - start))
        except OSError as error:
            raise ModelError(f"cannot read {path}: {error}. {self._cure}") from error

    def _map(self, path: Path, access: int = mmap.ACCESS_READ) -> memoryview:
        try:
            with opened(path) as file:
                return memoryview(mmap.mmap(file.fileno(), 0, access=access))
        except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
            raise ModelError(f"cannot read {path}: {error}. {self._cure}") from error

    def _read(self, name: str) -> memoryview:
        path = self.folder / name
        view = self._map(path)
        self._compare(path, [view], self._known.digests[name] if self._known else "")
        return view

    @property
    def _cure(self) -> str:
        return f"Mend it: {self._known.cure(self.folder)}" if self._known else AGAIN

    def _compare(self, path: Path, parts: Iterable[bytes | memoryview], expected: str) -> None:
        digest = xxhash.xxh3_128()
        for part in parts:
            digest.update(part)
        if (found := digest.hexdigest()) != expected:
            raise ModelError(f"{path} is damaged: its XXH3-128 is {found}, expected {expected}. {self._cure}")


def open_model(name: str, *, pairs: bool = False) -> Model:
    """A model, or a cross-encoder for ``pairs``, by its name, that of its repository on a hub from where it has been fetched already, or
    its folder. Raises ModelError when it is damaged, and NotKnown when it is not here or of a kind that only sentence-transformers can run.
    """
    if known := KNOWN.get(name):
        return Model(known.folder(), name, None if pairs else known, pairs=pairs)
    if Path(name).is_dir():
        folder = absolute(name)
        if not pairs and not any((folder / file).exists() for file in ("modules.json", "config.json")):
            raise _no_model_in(folder)
        return Model(folder, str(folder), pairs=pairs)
    if fetched := fetched_folder(name):
        return Model(fetched, name, pairs=pairs)
    if not pairs and (packaged := OFFICIAL.get(name)):
        return open_model(packaged)
    if not pairs and (why := _not_here(name)):
        raise ModelError(why)
    raise NotKnown("it is not among those that were fetched")


def _check_pickled(folder: Path) -> None:
    """Raises ModelError if the weights in ``folder`` are only in a file that would have to be unpickled."""
    pickled = next((path for path in sorted(folder.glob("*.bin")) if path.name.startswith("pytorch_model")), None)
    if pickled and not any(folder.glob("*.safetensors*")):
        raise ModelError(
            f"the model in {folder} has its weights only in {pickled.name}, which newsdex does not unpickle: expected model.safetensors. "
            "Choose another version of it, or another model"
        )


def absolute(folder: str) -> Path:
    """``folder`` from the root, for a question may come from another one, and without "..", unless that follows a link."""
    plain = Path(os.path.abspath(folder))  # noqa: PTH100 - Path.resolve would follow links as well
    return plain if plain.is_dir() and plain.samefile(folder) else Path(folder).absolute()


def _no_model_in(folder: Path) -> ModelError:
    """What to say of a folder without the files of a model."""
    inner = next((path.parent for files in _INNER for path in sorted(folder.glob(files))), None)
    if inner:
        return ModelError(f"{folder} holds a model in a folder below it. Give that one: --model {inner}")
    why = "has neither modules.json nor config.json" if any(folder.iterdir()) else "is empty"
    return ModelError(f"there is no model in {folder}: it {why}. {AGAIN}")


def _not_here(name: str) -> str:
    """What to say of a name that stands for no model here, and the one that may be meant; "" where only its library can tell."""
    from newsdex.engines.catalogue import OFFERS, fetched

    if mine := IN_FEWER_BITS.get(name):
        return f"the model {name} is not on this machine, but a package has it in 4 bits: --model {mine}. Or fetch it: hf download {name}"
    if Path(name).exists():
        return f"{name} is a file, and a model is a folder. Give the folder that it lies in"
    from difflib import get_close_matches

    known = [*KNOWN, *(offer.name for offer in OFFERS), *fetched()]
    # Alike are only those without an owner, which no hub has: a model of nearly the same name may be on one.
    alike = [other for other in known if other.casefold() == name.casefold()] or get_close_matches(name, KNOWN, 1, _ALIKE)
    if name not in known and alike:
        return f"there is no model {name!r}. Did you mean {alike[0]}?"
    parent = Path(name).parent
    if re.fullmatch(_HUB_NAME, name) and not (name.startswith(".") or ("/" in name and parent.is_dir())):
        return ""
    beside = list[str]()
    with suppress(OSError):
        beside += (path.name for path in parent.iterdir() if path.is_dir())
    meant = get_close_matches(Path(name).name, beside, 1)
    cure = f"Did you mean {parent / meant[0]}?" if meant else "Give a folder, or one of those that `newsdex models` lists"
    return f"there is no folder {name}. {cure}"


def languages(readme: str) -> list[str]:
    """The ISO 639-1 codes in the front matter of a model's README; none where it says "multilingual", or nothing."""
    import yaml

    front = re.match(_FRONT_MATTER, readme[:_LONGEST_README])
    try:
        fields = yaml.safe_load(front[1]) if front else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    named = fields.get("language") if isinstance(fields, dict) else None
    codes = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    known = all(isinstance(code, str) and code != "multilingual" for code in codes)
    return [code for code in codes if re.fullmatch("[a-z]{2}", code)] if known else []


def hub_folder() -> Path:
    """Where the libraries of the hub keep what they have fetched."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub")


def fetched_folder(name: str) -> Path | None:
    """Where the model of this name on a hub lies, if it has been fetched."""
    hub = hub_folder()
    for each in (name, f"sentence-transformers/{name}"):
        if not re.fullmatch(_HUB_NAME, each):
            continue
        repository = hub / f"models--{each.replace('/', '--')}"
        with suppress(OSError, UnicodeDecodeError):
            revision = (repository / "refs" / "main").read_text().strip()
            if re.fullmatch(_REVISION, revision) and (folder := repository / "snapshots" / revision).is_dir():
                return folder
    return None


def warn_untrained(name: str, architecture: str) -> None:
    """Tell a person that a model was not trained for search."""
    import logging  # takes milliseconds to load

    told = "the model %s was not trained for search, so that little is found by meaning: its config.json names the network %s"
    logging.getLogger(__name__).warning(told, name, architecture)


def cache_folder() -> Path:
    """Where it is kept. Raises ModelError where there is no such place."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "newsdex"
    except RuntimeError as error:
        raise ModelError(f"there is no folder to keep what is made of a model ({error}). Set XDG_CACHE_HOME to one") from error


def kept(name: str, files: Sequence[str], make: Callable[[Path], None]) -> Path:
    """The folder ``name`` there; if one of its ``files`` is missing or empty, ``make`` fills a new one. Raises ModelError if it cannot."""
    folder = cache_folder() / name
    if _is_whole(folder, files):
        return folder
    from tempfile import TemporaryDirectory  # takes milliseconds to load

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder.parent)
        with TemporaryDirectory(prefix=_MAKING, dir=folder.parent, ignore_cleanup_errors=True) as making:
            made = Path(making) / "made"
            made.mkdir()
            make(made)
            if not _is_whole(folder, files):
                with suppress(FileNotFoundError):
                    folder.rename(Path(making) / "damaged")
                made.rename(folder)
    except OSError as error:
        if not _is_whole(folder, files):  # another process may have been first
            raise ModelError(f"cannot write {folder}: {error}. Set XDG_CACHE_HOME to a folder that can be written") from error
    return folder


def _is_whole(folder: Path, files: Sequence[str]) -> bool:
    try:
        return all((folder / file).stat().st_size for file in files)
    except OSError:
        return False


def _remove_leftovers(folder: Path) -> None:
    """Remove what processes that were killed have left."""
    import shutil
    import time

    for path in folder.glob(f"{_MAKING}*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - _LEFT:
                shutil.rmtree(path)


def kept_card(stamp: str, measure: Callable[[], ModelCard], *, fresh: bool = False) -> ModelCard:
    """The card kept under ``stamp``; without one, or if a ``fresh`` one is asked for, that of ``measure``, which is kept if it can be."""
    path = cache_folder() / "cards" / f"{stamp}.json"
    with suppress(OSError, ValueError):
        if not fresh:
            return foreign.made(ModelCard, foreign.parsed(path.read_bytes(), _LARGEST))
    card = measure()
    from tempfile import NamedTemporaryFile  # takes milliseconds to load

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(json.dumps(asdict(card)).encode())
        Path(file.name).replace(path)
    return card
