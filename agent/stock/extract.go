package stock

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
)

// extract unpacks an archive into a directory, and never out of it: an [os.Root] sees to that.
func extract(archive, dir string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("unpack the runner: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	entries := tar.NewReader(unzipped)
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = put(root, entry, entries)
		}
		if err != nil {
			return fmt.Errorf("unpack the runner: %w", err)
		}
	}
}

// put makes an archive's entry. The agent's umask would close it to the runner, so modes are set.
func put(root *os.Root, entry *tar.Header, content io.Reader) error {
	name, mode := path.Clean(entry.Name), entry.FileInfo().Mode().Perm()
	switch entry.Typeflag {
	case tar.TypeDir:
		if err := root.MkdirAll(name, 0o700); err != nil {
			return err
		}
		return root.Chmod(name, mode)
	case tar.TypeReg:
		return putFile(root, name, mode, content)
	case tar.TypeSymlink:
		return root.Symlink(entry.Linkname, name)
	}
	return fmt.Errorf("%s is neither a file nor a directory nor a symbolic link", entry.Name)
}

func putFile(root *os.Root, name string, mode os.FileMode, content io.Reader) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	if err == nil {
		err = file.Chmod(mode)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
