//go:build linux && amd64

package accept

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// wine prepares a directory in which Wine keeps its Windows, and gives the
// environment to run programs in it.
func wine(t *testing.T) []string {
	t.Helper()
	prefix := t.TempDir()
	env := []string{"WINEPREFIX=" + prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe=;bcryptprimitives=n"}
	boot := exec.Command(need(t, "wine64", "/usr/lib/wine/wine64"), "wineboot", "--init")
	boot.Env = append(os.Environ(), env...)
	if out, err := boot.CombinedOutput(); err != nil {
		t.Fatalf("wineboot: %v\n%s", err, out)
	}
	system := filepath.Join(prefix, "drive_c", "windows", "system32")
	if err := os.WriteFile(filepath.Join(system, "bcryptprimitives.dll"), randomLibrary(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop := exec.Command(need(t, "wineserver64", "/usr/lib/wine/wineserver64", "wineserver"), "-k", "-w")
		stop.Env = append(os.Environ(), env...)
		_ = stop.Run() // there is none if no program ran
	})
	return env
}

// randomLibrary is bcryptprimitives.dll as far as Go's runtime wants it, which
// Wine has only since version 9: one function, that another library has under
// another name.
func randomLibrary() []byte {
	const (
		page   = 0x1000
		header = 0x200 // of the file; the one section follows
		names  = 40    // offset in the section, behind the export directory
	)
	le := binary.LittleEndian
	b := make([]byte, 2*header)
	copy(b, "MZ")
	le.PutUint32(b[0x3c:], 0x40)
	copy(b[0x40:], "PE\x00\x00")
	h := b[0x44:]
	le.PutUint16(h, 0x8664)
	le.PutUint16(h[2:], 1)       // sections
	le.PutUint16(h[16:], 240)    // size of the optional header
	le.PutUint16(h[18:], 0x2022) // a DLL
	o := h[20:]
	le.PutUint16(o, 0x20b)
	le.PutUint64(o[24:], 0x180000000) // base
	le.PutUint32(o[32:], page)
	le.PutUint32(o[36:], header)
	le.PutUint16(o[40:], 6) // versions of the system and the subsystem
	le.PutUint16(o[48:], 6)
	le.PutUint32(o[56:], 2*page) // in memory
	le.PutUint32(o[60:], header)
	le.PutUint16(o[68:], 3) // console
	le.PutUint16(o[70:], 0x140)
	le.PutUint32(o[108:], 16)     // directories, of which the first is that of exports
	le.PutUint32(o[112:], page)   // its address
	le.PutUint32(o[116:], header) // and size: what lies within is a forwarder
	s := o[240:]
	copy(s, ".rdata")
	le.PutUint32(s[8:], header)
	le.PutUint32(s[12:], page)
	le.PutUint32(s[16:], header)
	le.PutUint32(s[20:], header)
	le.PutUint32(s[36:], 0x40000040)

	e := b[header:]
	text := func(at int, s string) uint32 { copy(e[at:], s); return page + uint32(at) }
	le.PutUint32(e[12:], text(names+16, "bcryptprimitives.dll"))
	le.PutUint32(e[16:], 1) // first ordinal
	le.PutUint32(e[20:], 1) // functions
	le.PutUint32(e[24:], 1) // names
	le.PutUint32(e[28:], page+names)
	le.PutUint32(e[32:], page+names+4)
	le.PutUint32(e[36:], page+names+8)
	le.PutUint32(e[names:], text(names+48, "advapi32.SystemFunction036"))
	le.PutUint32(e[names+4:], text(names+80, "ProcessPrng"))
	return b
}
