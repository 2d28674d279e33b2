# shellcheck shell=bash
# lay lays a directory of files over the machine's own, as root's. What is sudo's nobody else may read.
lay() {
	local file mode
	while IFS= read -r file; do
		mode=0644
		case $file in */sudoers.d/*) mode=0440 ;; esac
		install -D -o root -g root -m "$mode" "$1/$file" "/$file"
	done < <(cd "$1" && find . -type f)
}
