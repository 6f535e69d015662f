"""What the index raises, and the models that it is made with."""

from corpus.errors import DocumentError, InputError, PinciteError


class IndexFault(PinciteError):
    """An index or a model that cannot be used."""

    code = "index_fault"


class IndexMissing(IndexFault):
    """There is no index at the folder."""

    code = "index_missing"
    example = "There is no index in .pincite; build one from your files with: pincite index"


class IndexCorrupt(IndexFault):
    """A file of the index is not what the manifest says."""

    code = "index_corrupt"
    example = (
        "The file CURRENT of the index in .pincite names no generation; build it again with: pincite index and "
        "your files, or pincite index --builtin."
    )


class IndexForeign(IndexFault):
    """The index was made with another encoder."""

    code = "index_foreign"
    example = (
        "The index in .pincite was made with the encoder 'other', not this 'all-MiniLM-L6-v2'; build it again "
        "with: pincite index and your files, or choose another folder with --index."
    )


class IndexTooNew(IndexFault):
    """The index was made by a newer Pincite."""

    code = "index_too_new"
    example = (
        "The index in .pincite was made by a newer Pincite (format 2, this one reads 1); upgrade Pincite, or "
        "build it again with: pincite index and your files, or pincite index --builtin."
    )


class IndexBusy(IndexFault):
    """Another process is writing to the index."""

    code = "index_busy"
    example = "Another process is writing to the index in .pincite; wait for it and try again."


class IndexUnwritable(IndexFault):
    """The index folder cannot be written."""

    code = "index_unwritable"
    example = (
        "The index in .pincite could not be written (No space left on device); the one before it is unchanged: "
        "make room or choose another folder with --index."
    )


class ModelUnusable(IndexFault):
    """An encoder or reader cannot be found, loaded or trusted."""

    code = "model_unusable"
    example = (
        "The encoder 'other' is not on this machine; give the folder of a sentence-transformers model, or leave "
        "the setting out for the default."
    )


class EmptyCorpus(DocumentError):
    """No document is left to index."""

    code = "empty_corpus"
    example = "The index keeps at least one document; add another before you remove the last."


class UnknownDocument(InputError):
    """No document of that id is in the index."""

    code = "unknown_document"
    example = "There is no document 'a.txt' in the index; see: pincite documents list"
