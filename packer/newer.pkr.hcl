# All that Packer 1.6 does not know: plugins, and the options between the two marks. `make images-validate` leaves
# them out where an older Packer is all there is, so that everything else is validated there, too.

# newer
packer {
  required_version = ">= 1.10.0"
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.3.2, < 2.0.0"
    }
  }
}
# older

build {
  source "amazon-ebs.image" {
    # newer
    imds_support            = "v2.0"    # whatever is launched from it asks for a token
    temporary_key_pair_type = "ed25519" # Ubuntu's sshd takes no RSA with SHA-1 any more
    metadata_options {
      http_endpoint               = "enabled"
      http_tokens                 = "required"
      http_put_response_hop_limit = 1
    }
    # older
  }

  provisioner "shell" {
    inline = [
      "cloud-init status --wait >/dev/null || true", # it writes where packages come from
      "mkdir /tmp/mayfly",
    ]
  }

  provisioner "file" {
    source      = "${var.payload}/"
    destination = "/tmp/mayfly"
  }

  provisioner "shell" {
    environment_vars = local.environment
    execute_command  = "sudo env {{ .Vars }} bash -euo pipefail {{ .Path }}"
    inline           = local.scripts[var.stage]
    skip_clean       = true # the clean-up did, and took the means
  }

  provisioner "file" {
    direction   = "download"
    source      = local.leaves[var.stage]
    destination = var.manifest
  }
}
