# The variables of an image with NVIDIA's driver: it is built on a machine that has such a GPU, and the driver,
# CUDA's libraries and the container toolkit need room.
gpu           = true
kind          = "minimal"
arch          = "x64"
instance_type = "g4dn.xlarge"
root_gib      = 40
