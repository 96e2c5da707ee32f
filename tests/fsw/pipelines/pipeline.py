"""A pipeline by hand: stages over samples, without a job."""

import msgspec

from fsw.pipelines.run import Work, files_of, run
from fsw.pipelines.stage import About, StageSpec, sample_item
from kernels.imaging.georeference import Georeference

PLACE = Georeference(epsg=32633, easting_m=1.0, northing_m=2.0, pixel_m=10.0)


def specs(*stages, folder="."):
    """StageSpecs of ("name", {parameters}) or "name"."""
    pairs = [(stage, {}) if isinstance(stage, str) else stage for stage in stages]
    return tuple(StageSpec(name=name, parameters=parameters, folder=str(folder)) for name, parameters in pairs)


def work(stages, bands, *, is_packed=False, target="lake", is_masked=False):
    about = About(product_id=7, target=target, georeference=PLACE)
    item = sample_item(is_packed=is_packed)
    return msgspec.to_builtins(Work(stages=stages, item=item, bands=bands, about=about, is_masked=is_masked))


def made(samples, bands, *stages, folder=".", **facts):
    """The files of a frame by suffix."""
    files = files_of(run(samples, work(specs(*stages, folder=folder), bands, **facts)))
    return {file.suffix: file.octets for file in files}
