package main

import (
	"net"
	"syscall"
)

// stopQueue lets the kernel ignore attempts to open further connections to l, while those
// that are being opened are finished and can be accepted. Closing the listener resets
// whatever is in the kernel's queue at that moment, after the client believes that it is
// connected. A client whose attempt is ignored tries again a second later, and is then
// refused or reaches the next process. It reports whether the kernel took the filter.
func stopQueue(l net.Listener) bool {
	const flags, syn = 13, 0x02 // octet of the TCP header with the flags
	filter := []syscall.SockFilter{
		{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: flags},
		{Code: syscall.BPF_JMP | syscall.BPF_JSET | syscall.BPF_K, K: syn, Jf: 1},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},       // drop it
		{Code: syscall.BPF_RET | syscall.BPF_K, K: 1 << 18}, // take all of it
	}
	socket, ok := l.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	controlErr := raw.Control(func(fd uintptr) { err = syscall.AttachLsf(int(fd), filter) }) //nolint:staticcheck // golang.org/x/net/bpf for four instructions is too much
	return controlErr == nil && err == nil
}
