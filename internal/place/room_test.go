package place

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// put makes a file of a size and an age.
func put(t *testing.T, dir, name string, size int, age time.Duration) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, noon.Add(-age), noon.Add(-age)); err != nil {
		t.Fatal(err)
	}
}

func left(t *testing.T, dir string) (all []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		all = append(all, e.Name())
	}
	return all
}

// The oldest dumps of the program make room, those of the last hour do not, and
// nothing else is touched.
func TestRoom(t *testing.T) {
	const (
		old    = "shop-20260102T030405.000000006Z-1.dump"
		older  = "shop-20260102T030404.000000006Z-1-label.dump"
		young  = "shop-20260102T115900.000000006Z-2.dump"
		remain = ".shop-20260102T020000.000000000Z-3.dump.0123abcd"
	)
	foreign := []string{
		"shop.dump", "shop-20260102T030405.000000006Z-1.dump.gz", "shop-x.dump", "shop-20260102.dump", "shopper-20260102T030405.000000006Z-1.dump",
		"shop-2-20260102T030405.000000006Z-1.dump", ".shop-20260102T020000.000000000Z-3.dump", "shop-20260102T030405.000000006Z-x.dump",
	}
	tests := []struct {
		name string
		room Room
		err  error
		gone []string
	}{
		{"enough", Room{5, 1000}, nil, nil},
		{"no bounds", Room{-1, -1}, nil, nil},
		{"one goes", Room{4, -1}, nil, []string{remain}},
		{"two go", Room{3, -1}, nil, []string{remain, older}},
		{"all that may", Room{2, -1}, nil, []string{remain, older, old}},
		{"the young stay", Room{1, -1}, ErrTooMany, []string{remain, older, old}},
		{"bytes", Room{-1, 350}, nil, []string{remain}},
		{"bytes of the young", Room{-1, 50}, ErrTooMany, []string{remain, older, old}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range foreign {
				put(t, dir, f, 100, 100*time.Hour)
			}
			put(t, dir, remain, 100, 9*time.Hour)
			put(t, dir, older, 100, 8*time.Hour)
			put(t, dir, old, 100, 7*time.Hour)
			put(t, dir, young, 100, time.Minute)
			before := left(t, dir)
			if err := tt.room.Make(dir, "shop", noon); !errors.Is(err, tt.err) {
				t.Errorf("%v, want %v", err, tt.err)
			}
			want := slices.DeleteFunc(before, func(name string) bool { return slices.Contains(tt.gone, name) })
			if got := left(t, dir); !slices.Equal(got, want) {
				t.Errorf("left are\n%q, want\n%q", got, want)
			}
		})
	}
}

// Names that Name gives are known again, whatever the program is called.
func TestRoomKnowsNames(t *testing.T) {
	for _, program := range []string{"shop", "", "my shop-2", "-"} {
		dir := t.TempDir()
		put(t, dir, Name(program, "a label", time.Now()), 1, 2*time.Hour)
		put(t, dir, Name(program, "", time.Now()), 1, 2*time.Hour)
		if err := (Room{Dumps: 1, Bytes: -1}).Make(dir, program, noon); err != nil || len(left(t, dir)) != 0 {
			t.Errorf("%q: %v, left are %q", program, err, left(t, dir))
		}
	}
}

// A link to a file is not the program's to remove, and a directory that cannot
// be read is an error.
func TestRoomIsCareful(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "shop-20260102T030405.000000006Z-1.dump")
	if err := os.Symlink("/nowhere", link); err != nil {
		t.Skip(err)
	}
	if err := (Room{Dumps: 1, Bytes: -1}).Make(dir, "shop", noon); err != nil || len(left(t, dir)) != 1 {
		t.Errorf("%v, left are %q", err, left(t, dir))
	}
	if err := (Room{Dumps: 1, Bytes: -1}).Make(filepath.Join(dir, "gone"), "shop", noon); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
}
