package door

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	metadataPort = 80
	// answerTime is how long a connection may take. The metadata is on the host of the instance, and
	// answers in less than a millisecond.
	answerTime = time.Second
)

// reach says whether a process with that uid can connect to the metadata.
func reach(address netip.Addr, uid int) (bool, error) {
	socket, err := socketOf(address, uid)
	switch {
	case errors.Is(err, unix.EAFNOSUPPORT): // IPv6 is switched off in the kernel: nobody reaches it
		return false, nil
	case err != nil:
		return false, err
	}
	defer func() { _ = unix.Close(socket) }()
	err = unix.Connect(socket, socketAddress(address))
	if errors.Is(err, unix.EINPROGRESS) {
		err = connected(socket)
	}
	return err == nil, nil // whatever the error is, this was no connection
}

// socketOf opens a socket as another user. The owner that nftables see is the file system uid that
// the opening thread had, which is a thread's own on Linux: no process has to change its user.
// Source: nft_meta_get_eval_skugid in the kernel's net/netfilter/nft_meta.c.
func socketOf(address netip.Addr, uid int) (socket int, err error) {
	family := unix.AF_INET
	if address.Is6() {
		family = unix.AF_INET6
	}
	runtime.LockOSThread()
	if err := become(uid); err != nil {
		return 0, errors.Join(err, goBack())
	}
	socket, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	return socket, errors.Join(err, goBack())
}

// goBack makes the thread root's again. If it cannot, the thread stays locked: it ends with its
// goroutine, and nothing else ever runs on it.
func goBack() error {
	err := become(0)
	if err == nil {
		runtime.UnlockOSThread()
	}
	return err
}

// become changes the thread's file system uid. The call tells no error, so it is asked afterwards.
func become(uid int) error {
	_, _ = unix.SetfsuidRetUid(uid)
	if now, _ := unix.SetfsuidRetUid(-1); now != uid {
		return fmt.Errorf("a thread of uid %d cannot open a socket as uid %d: run the agent as root", now, uid)
	}
	return nil
}

func socketAddress(address netip.Addr) unix.Sockaddr {
	if address.Is6() {
		return &unix.SockaddrInet6{Port: metadataPort, Addr: address.As16()}
	}
	return &unix.SockaddrInet4{Port: metadataPort, Addr: address.As4()}
}

// connected waits for a connection to be made, or says why it is not.
func connected(socket int) error {
	wait := []unix.PollFd{{Fd: int32(socket), Events: unix.POLLOUT}}
	for end := time.Now().Add(answerTime); ; {
		n, err := unix.Poll(wait, int(time.Until(end).Milliseconds()))
		switch {
		case errors.Is(err, unix.EINTR) && time.Now().Before(end):
		case err != nil:
			return err
		case n == 0:
			return unix.ETIMEDOUT
		default:
			return failure(socket)
		}
	}
}

func failure(socket int) error {
	number, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && number != 0 {
		err = unix.Errno(number)
	}
	return err
}
