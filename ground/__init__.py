"""What operates: station, archive, products, service; `rig` joins the whole system on one desk."""
