// Package source finds the text of a program's source files, so that a dump
// can carry it to machines that have neither the program nor its source.
//
// A [Collector] is given the paths that the compiler recorded and answers each
// of them with a [File]: the whole text and its hash, or the reason why there
// is none. It looks, in this order,
//
//  1. in the file systems that the program itself registered with [Register],
//     the only source of text that is certain to be what was compiled;
//  2. at the path itself, where it is absolute;
//  3. for paths shortened by -trimpath (and absolute ones that are gone): in
//     the module cache, in the vendor directory and the root of the main
//     module, and in the standard library of the same Go version.
//
// A production binary that carries its own source says, in each package whose
// files matter,
//
//	//go:embed *.go
//	var files embed.FS
//
//	func init() { source.Register(files) }
//
// # Limits
//
// Files are kept whole or not at all. One file may have 1 MiB, all of them
// together 32 MiB, see [Collector]. Only regular files whose name is that of
// source code are opened: a //line directive cannot make a dump swallow
// another file of the machine.
package source

import (
	"crypto/sha256"
	"time"
)

// State says whether the text of a file is there.
type State uint8

const (
	Absent   State = iota // not found, or not kept: Reason
	Embedded              // Text is the file
	Disabled              // not looked for: the collector is switched off
	Stale                 // Text is the file, but it changed after the program was built
)

var states = [...]string{Absent: "absent", Embedded: "embedded", Disabled: "disabled", Stale: "stale"}

// String names s.
func (s State) String() string {
	if int(s) < len(states) {
		return states[s]
	}
	return "unknown"
}

// File is the answer for one path.
type File struct {
	Path   string // as asked for: as the compiler recorded it
	Found  string // where the text was read: a path, or "registered: " and the name there
	State  State
	Reason string // why there is no text, or why it may be another one than was compiled
	Size   int64
	Hash   [sha256.Size]byte // of the text; zero where there is none
	Text   []byte            // nil where an earlier File of the same collection has the same Hash
}

// HasText reports whether the file's text was found: it is in Text, or in that
// of an earlier file with the same hash.
func (f *File) HasText() bool { return f.State == Embedded || f.State == Stale }

// Defaults of a [Collector].
const (
	DefaultMaxFile  = 1 << 20  // bytes of one file
	DefaultMaxTotal = 32 << 20 // bytes of all files, each content counted once
)

// Collector finds the source files of one program. Its zero value works, with
// less to go by.
type Collector struct {
	// Off makes every file Disabled: nothing is looked for or read.
	Off bool

	// MaxFile and MaxTotal bound the text kept, in bytes; zero means the
	// default. A file beyond them is absent, never cut.
	MaxFile, MaxTotal int64

	// Built is when the executable was written: a file on disk that is newer
	// is Stale. Zero: not known.
	Built time.Time

	// Main is the import path of the main module, Modules what it depends on.
	Main    string
	Modules []Module

	// GoVersion is the toolchain's, as runtime.Version has it. The standard
	// library of another one is not used.
	GoVersion string

	// BuildRoot is the GOROOT of the machine that compiled the program, as it
	// stands in the paths of the standard library; empty under -trimpath.
	BuildRoot string

	// Where to look. Empty: what the environment and the working directory say.
	GOROOT, ModCache, MainDir string
}

// Module is a module that was replaced in the build.
type Module struct {
	Path, Version  string
	Replace        string // the path or directory in its place
	ReplaceVersion string // of it; empty for a directory
}
