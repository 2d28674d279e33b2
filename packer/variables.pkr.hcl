# What a build is told. `mayfly image build` fills all of it in, and checks it before Packer is started;
# what is checked here too is for whoever starts Packer by hand.

variable "stage" {
  type        = string
  description = "The base, which is slow and rarely built, or the runner, which is made from a base."
  validation {
    condition     = contains(["base", "runner"], var.stage)
    error_message = "The stage is base or runner."
  }
}

variable "os" {
  type = string
  validation {
    condition     = contains(["ubuntu22", "ubuntu24", "ubuntu26"], var.os)
    error_message = "The os is ubuntu22, ubuntu24 or ubuntu26."
  }
}

variable "arch" {
  type = string
  validation {
    condition     = contains(["x64", "arm64"], var.arch)
    error_message = "The arch is x64 or arm64."
  }
}

variable "kind" {
  type        = string
  description = "The minimal image, or the full one, with all that GitHub's own has."
  validation {
    condition     = contains(["minimal", "full"], var.kind)
    error_message = "The kind is minimal or full."
  }
}

variable "gpu" {
  type        = bool
  default     = false
  description = "With NVIDIA's driver. What goes with it is in gpu.pkrvars.hcl."
}

variable "profile" {
  type        = string
  description = "As GitHub's images are, or as closed as a Linux can be that runs builds: docs/machine.md."
  validation {
    condition     = contains(["compat", "hardened"], var.profile)
    error_message = "The profile is compat or hardened."
  }
}

variable "region" {
  type = string
}

variable "source_ami" {
  type        = string
  description = "What the base is made from, as the scripts and the tags are told: an AMI's id, never a name, for anybody may give an image any name."
  validation {
    condition     = regex_replace(var.source_ami, "^ami-([0-9a-f]{8}|[0-9a-f]{17})$", "fits") == "fits"
    error_message = "The source_ami is the id of an AMI, as in ami-0123456789abcdef0."
  }
}

variable "from_ami" {
  type        = string
  description = "What this stage boots: the source_ami, or for the runner the base."
  validation {
    condition     = regex_replace(var.from_ami, "^ami-([0-9a-f]{8}|[0-9a-f]{17})$", "fits") == "fits"
    error_message = "The from_ami is the id of an AMI, as in ami-0123456789abcdef0."
  }
}

variable "stamp" {
  type        = string
  description = "When it was made, in the AMI's name."
  validation {
    condition     = regex_replace(var.stamp, "^[0-9]{14}$", "fits") == "fits"
    error_message = "The stamp is a time in UTC, as YYYYMMDDhhmmss."
  }
}

variable "base_digest" {
  type        = string
  description = "SHA-256 of all that the base is made from; the base is tagged with it."
  validation {
    condition     = regex_replace(var.base_digest, "^sha256:[0-9a-f]{64}$", "fits") == "fits"
    error_message = "The base_digest is sha256: and 64 small hex digits."
  }
}

variable "commit" {
  type        = string
  description = "Of the repository that these templates come from."
}

variable "runner_images_commit" {
  type        = string
  default     = ""
  description = "Of github.com/actions/runner-images, whose scripts make the full image."
  validation {
    condition     = regex_replace(var.runner_images_commit, "^[0-9a-f]{40}$", "") == ""
    error_message = "The runner_images_commit is all 40 hex digits of a commit: a branch would be another one tomorrow."
  }
}

variable "runner_version" {
  type    = string
  default = ""
}

variable "runner_sha256" {
  type        = string
  default     = ""
  description = "Of the runner's archive for this architecture."
  validation {
    condition     = regex_replace(var.runner_sha256, "^[0-9a-f]{64}$", "") == ""
    error_message = "The runner_sha256 is 64 small hex digits."
  }
}

variable "runner_released" {
  type        = string
  default     = ""
  description = "The day of the runner's release, as YYYY-MM-DD: GitHub takes it for 30 days after the next."
}

variable "payload" {
  type        = string
  description = "A directory with all that goes to /tmp/mayfly: the scripts, and the agent for this architecture."
}

variable "manifest" {
  type        = string
  description = "Where to put the file that tells what the image is made of."
}

# Where it is built, and who may reach it meanwhile.

variable "ssh_cidr" {
  type        = string
  description = "The addresses that may reach the build instance's port 22, while it is there."
  validation {
    condition     = regex_replace(var.ssh_cidr, "^[0-9a-f.:]+/[0-9]+$", "fits") == "fits" && regex_replace(var.ssh_cidr, "/0+$", "") == var.ssh_cidr
    error_message = "The ssh_cidr is the addresses that Packer comes from, as in 203.0.113.7/32, and never everybody's."
  }
}

variable "subnet_id" {
  type        = string
  default     = ""
  description = "Empty is the default VPC's."
}

variable "instance_type" {
  type        = string
  default     = ""
  description = "Of the build instance. Empty is one of the architecture's."
}

variable "root_gib" {
  type        = number
  default     = 0
  description = "The root volume's size. 0 is the kind's own."
}

variable "kms_key_id" {
  type        = string
  default     = ""
  description = "The key that the image is encrypted with. Empty is the account's default for EBS."
}

variable "ami_users" {
  type        = list(string)
  default     = []
  description = "Accounts that may launch the image, beside its owner: nobody, unless you name them and a key of your own."
}
