"""What jobs compute: each module's `run` turns raw samples into a product. `PIPELINES` names them for the zygote."""

PIPELINES = {"water": "fsw.pipelines.water"}
