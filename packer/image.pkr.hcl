# What follows from the variables, and the instance that an image is made on. Nothing in this file is newer
# than Packer 1.6; what is, is in newer.pkr.hcl.

locals {
  image = "${var.os}-${var.gpu ? "gpu" : var.kind}-${var.arch}"

  # A root volume is never smaller than that of the source, and Canonical's has 8 GiB. GitHub builds its own
  # image on 75. Source: github.com/actions/runner-images, images/ubuntu/templates/locals.ubuntu.pkr.hcl.
  sizes = { minimal = 8, full = 75 }
  # The full image compiles and downloads for hours, the minimal one does neither.
  types = {
    x64-minimal   = "m7i.large"
    x64-full      = "m7i.xlarge"
    arm64-minimal = "m7g.large"
    arm64-full    = "m7g.xlarge"
  }

  names = {
    base   = "mayfly-base-${local.image}-${var.stamp}"
    runner = "mayfly-${var.profile == "hardened" ? "hardened-" : ""}${local.image}-${var.stamp}" # no stack can mean both profiles by one name
  }

  # What Packer leaves out here `mayfly image build` adds when it knows it: mayfly:manifest, and after the test boot
  # mayfly:verified or mayfly:failed. Only `mayfly image promote` adds mayfly:promoted, without which no server uses it.
  origin = {
    "Name"              = local.names[var.stage]
    "mayfly:source-ami" = var.source_ami
    "mayfly:commit"     = var.commit
  }
  tags = {
    base = merge(local.origin, { "mayfly:base" = var.base_digest })
    runner = merge(local.origin, {
      "mayfly:image"           = local.image
      "mayfly:profile"         = var.profile
      "mayfly:runner-version"  = var.runner_version
      "mayfly:runner-released" = var.runner_released
    })
  }

  # What the scripts are told: of the base nothing that only the runner's image is made from.
  environment = concat(local.machine, local.runner[var.stage])
  machine = [
    "MAYFLY_OS=${var.os}",
    "MAYFLY_ARCH=${var.arch}",
    "MAYFLY_KIND=${var.kind}",
    "MAYFLY_GPU=${var.gpu}",
    "MAYFLY_SOURCE_AMI=${var.source_ami}",
    "MAYFLY_COMMIT=${regex_replace(var.commit, "-changed$", "")}", # the manifest has a digest of the scripts, too
    "MAYFLY_RUNNER_IMAGES_COMMIT=${var.runner_images_commit}",
  ]
  runner = {
    base = []
    runner = [
      "MAYFLY_PROFILE=${var.profile}",
      "MAYFLY_RUNNER_VERSION=${var.runner_version}",
      "MAYFLY_RUNNER_SHA256=${var.runner_sha256}",
      "MAYFLY_RUNNER_RELEASED=${var.runner_released}",
    ]
  }

  # One shell runs all of a stage: the last script takes away what a second one would need to become root, and
  # /tmp/mayfly with it.
  upstream = {
    minimal = []
    # Theirs leave /opt open to everybody, who could then put another directory in the place of the agent's.
    full = ["bash /tmp/mayfly/scripts/upstream.sh", "chmod go-w /opt"]
  }
  scripts = {
    base = concat(local.upstream[var.kind], [
      "bash /tmp/mayfly/scripts/base.sh",
      "install -d /opt/mayfly",
      "echo '{\"base\":\"${var.base_digest}\"}' > /opt/mayfly/base.json",
      "rm -rf /tmp/mayfly",
    ])
    runner = [
      "bash /tmp/mayfly/scripts/runner.sh",
      "bash /tmp/mayfly/scripts/clean.sh",
      "bash /tmp/mayfly/scripts/manifest.sh",
    ]
  }
  leaves = { base = "/opt/mayfly/base.json", runner = "/opt/mayfly/manifest.json" }
}

source "amazon-ebs" "image" {
  region        = var.region
  source_ami    = var.from_ami
  ami_name      = local.names[var.stage]
  tags          = local.tags[var.stage]
  snapshot_tags = local.tags[var.stage]

  # Nobody but the owner and those who are named launches it.
  ami_users  = var.ami_users
  ami_groups = []

  # The build instance has no role, so nothing on it has credentials. Its key is made for this one build.
  instance_type                         = var.instance_type != "" ? var.instance_type : local.types["${var.arch}-${var.kind}"]
  subnet_id                             = var.subnet_id
  temporary_security_group_source_cidrs = [var.ssh_cidr]
  shutdown_behavior                     = "terminate"
  run_tags                              = local.origin
  run_volume_tags                       = local.origin
  ssh_username                          = "ubuntu"
  ssh_clear_authorized_keys             = true

  # It is encrypted from its first byte, and so are its snapshot and whatever is made of that. encrypt_boot would make
  # an AMI first, and then an encrypted copy of it.
  launch_block_device_mappings {
    device_name           = "/dev/sda1"
    volume_type           = "gp3"
    iops                  = 3000
    throughput            = 125
    volume_size           = var.root_gib > 0 ? var.root_gib : local.sizes[var.kind]
    encrypted             = true
    kms_key_id            = var.kms_key_id
    delete_on_termination = true
  }

  # An AMI of 75 GiB is made in longer than Packer's 30 minutes.
  aws_polling {
    delay_seconds = 15
    max_attempts  = 480
  }
}
