package door

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// tableName is the table of nftables that is ours alone. Whoever empties or reloads other tables,
// as Docker, ufw and firewalld do, leaves it as it is.
const tableName = "mayfly"

// before is the priority of our chains: just before raw's, where nobody has translated an address.
const before = -310

// patience is how long the kernel may take to answer.
const patience = 5 * time.Second

// The hooks that have a chain, in the order in which nft lists them, and their numbers.
var (
	hooks   = []hook{output, prerouting}
	numbers = map[hook]*nftables.ChainHook{output: nftables.ChainHookOutput, prerouting: nftables.ChainHookPrerouting}
)

// apply makes the table hold these rules and nothing else, in one transaction.
func apply(rules []rule) error {
	connection, table, err := open()
	if err != nil {
		return err
	}
	connection.AddTable(table) // or the next would fail on a machine that has no such table yet
	connection.DelTable(table)
	connection.AddTable(table)
	chains := map[hook]*nftables.Chain{}
	for _, h := range hooks {
		chains[h] = connection.AddChain(&nftables.Chain{
			Name: string(h), Table: table, Type: nftables.ChainTypeFilter,
			Hooknum: numbers[h], Priority: nftables.ChainPriorityRef(before),
		})
	}
	for _, r := range rules {
		connection.AddRule(&nftables.Rule{Table: table, Chain: chains[r.hook], Exprs: expressions(r)})
	}
	return connection.Flush()
}

// open opens a way to the kernel on which nothing is waited for longer than patience: a kernel that has
// no nftables answers a whole transaction once, and the library waits for an answer to each part.
func open() (*nftables.Conn, *nftables.Table, error) {
	connection, err := nftables.New(nftables.WithSockOptions(func(socket *netlink.Conn) error {
		return socket.SetReadDeadline(time.Now().Add(patience))
	}))
	return connection, &nftables.Table{Name: tableName, Family: nftables.TableFamilyINet}, err
}

// expressions are a rule as the kernel's virtual machine takes it.
func expressions(r rule) []expr.Any {
	all := append(destination(r.to), narrowing(r.only)...)
	return append(all, &expr.Counter{}, ruling(r.verdict))
}

// destination compares a packet's destination, at its place in the header of IPv4 or IPv6.
func destination(address netip.Addr) []expr.Any {
	family, offset := byte(unix.NFPROTO_IPV4), uint32(16)
	if address.Is6() {
		family, offset = unix.NFPROTO_IPV6, 24
	}
	data := address.AsSlice()
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{family}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: uint32(len(data))},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: data},
	}
}

func narrowing(o only) []expr.Any {
	switch o {
	case everything:
	case ofRoot:
		return compare(expr.MetaKeySKUID, expr.CmpOpEq, binaryutil.NativeEndian.PutUint32(0))
	case ofOthers:
		tcp := compare(expr.MetaKeyL4PROTO, expr.CmpOpEq, []byte{unix.IPPROTO_TCP})
		return append(tcp, compare(expr.MetaKeySKUID, expr.CmpOpNeq, binaryutil.NativeEndian.PutUint32(0))...)
	case neighbours:
		return compare(expr.MetaKeyL4PROTO, expr.CmpOpEq, []byte{unix.IPPROTO_ICMPV6})
	case fromAnywhere:
		loopback := make([]byte, unix.IFNAMSIZ)
		copy(loopback, "lo")
		return compare(expr.MetaKeyIIFNAME, expr.CmpOpNeq, loopback)
	}
	return nil
}

func compare(key expr.MetaKey, op expr.CmpOp, data []byte) []expr.Any {
	return []expr.Any{&expr.Meta{Key: key, Register: 1}, &expr.Cmp{Op: op, Register: 1, Data: data}}
}

func ruling(v verdict) expr.Any {
	switch v {
	case accept:
		return &expr.Verdict{Kind: expr.VerdictAccept}
	case reset:
		return &expr.Reject{Type: unix.NFT_REJECT_TCP_RST}
	case reject:
		return &expr.Reject{Type: unix.NFT_REJECT_ICMPX_UNREACH, Code: unix.NFT_REJECT_ICMPX_PORT_UNREACH}
	case drop:
	}
	return &expr.Verdict{Kind: expr.VerdictDrop}
}

// Refused is how many packets the door has kept from the metadata since it was closed: somebody
// tries the handle. The agent's own probe is among them.
func Refused() (packets uint64, err error) {
	connection, table, err := open()
	if err != nil {
		return 0, fmt.Errorf("door: %w", err)
	}
	for _, h := range hooks {
		ours := slices.DeleteFunc(rules(), func(r rule) bool { return r.hook != h })
		held, err := connection.GetRules(table, &nftables.Chain{Name: string(h), Table: table})
		if err != nil {
			return 0, fmt.Errorf("door: read the counters of %s: %w", h, err)
		}
		if len(held) != len(ours) {
			return 0, fmt.Errorf("door: nftables has %d rules of ours in %s, want %d: somebody changed them", len(held), h, len(ours))
		}
		for n, r := range ours {
			if r.tells() {
				packets += counted(held[n].Exprs)
			}
		}
	}
	return packets, nil
}

func counted(expressions []expr.Any) (packets uint64) {
	for _, e := range expressions {
		if counter, ok := e.(*expr.Counter); ok {
			packets += counter.Packets
		}
	}
	return packets
}
