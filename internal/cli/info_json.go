package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// The document that info --json writes. Fields may be added.
type infoDocument struct {
	Cause      infoCause      `json:"cause"`
	Where      *infoPlace     `json:"where"` // the culprit; null where that is not known
	Program    infoProgram    `json:"program"`
	Process    infoProcess    `json:"process"`
	Goroutines infoGoroutines `json:"goroutines"`
	Capture    infoCapture    `json:"capture"`
	Damage     []string       `json:"damage"`
}

type infoCause struct {
	Kind      string   `json:"kind"`
	Text      string   `json:"text"`
	TextError string   `json:"text_error,omitempty"`
	Type      string   `json:"type,omitempty"`
	Value     string   `json:"value,omitempty"`
	Signal    string   `json:"signal,omitempty"`
	FaultAddr string   `json:"fault_address,omitempty"`
	Name      string   `json:"name,omitempty"`
	Chain     []string `json:"chain,omitempty"` // the panics of the goroutine, newest first
}

type infoPlace struct {
	Goroutine uint64 `json:"goroutine,omitempty"`
	Frame     int    `json:"frame"`
	Function  string `json:"function"`
	File      string `json:"file"`
	Line      int    `json:"line"`
}

type infoProgram struct {
	Name       string            `json:"name"`
	Path       string            `json:"path,omitempty"`
	MainModule string            `json:"main,omitempty"`
	Version    string            `json:"version,omitempty"`
	GoVersion  string            `json:"go_version"`
	GOOS       string            `json:"goos"`
	GOARCH     string            `json:"goarch"`
	BuildID    string            `json:"build_id,omitempty"`
	GNUBuildID string            `json:"gnu_build_id,omitempty"`
	Settings   map[string]string `json:"settings,omitempty"`
}

type infoProcess struct {
	Host   string            `json:"host,omitempty"`
	PID    int64             `json:"pid"`
	PPID   int64             `json:"ppid"`
	Time   string            `json:"time,omitempty"`
	Uptime float64           `json:"uptime_seconds"`
	Args   []string          `json:"args,omitempty"`
	Env    map[string]string `json:"env,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

type infoGoroutines struct {
	InDump    int          `json:"in_dump"`
	InProcess int64        `json:"in_process"`
	Groups    int          `json:"groups"`
	Buckets   []infoBucket `json:"buckets"`
}

type infoBucket struct {
	Count   int         `json:"count"`
	Status  string      `json:"status"`
	Longest float64     `json:"longest_wait_seconds,omitempty"`
	IDs     []uint64    `json:"goroutines"`      // the first few
	Where   *infoPlace  `json:"where,omitempty"` // the innermost frame outside the standard library
	Created *infoPlace  `json:"created,omitempty"`
	Stack   []infoPlace `json:"stack"` // innermost first, up to 100 frames
}

type infoCapture struct {
	Producer  string            `json:"producer"`
	Method    string            `json:"method"`
	Depth     int64             `json:"depth"`
	Optimized bool              `json:"optimized"`
	HasDWARF  *bool             `json:"has_dwarf,omitempty"` // absent: there was no room to look for it
	Options   map[string]string `json:"options,omitempty"`
	Missing   []string          `json:"missing,omitempty"`
	Losses    []string          `json:"losses,omitempty"`
	Figures   map[string]int64  `json:"figures,omitempty"`
}

func writeInfoJSON(w io.Writer, d *dump.Dump, buckets int) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(infoOf(d, buckets)); err != nil {
		return err
	}
	_, err := w.Write(escapeJSON(buf.Bytes()))
	return err
}

// escapeJSON writes as escapes what a terminal would obey; to a JSON reader it is the same.
func escapeJSON(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out = append(out, b[:n]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		b = b[n:]
	}
	return out
}

func infoOf(d *dump.Dump, buckets int) infoDocument {
	doc := infoDocument{
		Cause: causeInfo(d), Program: programInfo(d.Meta()), Process: processInfo(d.Meta()),
		Goroutines: goroutinesInfo(d, buckets), Capture: captureInfo(d), Damage: []string{},
	}
	if f, ok := d.Cause().Frame(); ok {
		p := placeInfo(f)
		p.Goroutine = uint64(f.Goroutine().ID())
		doc.Where = &p
	}
	for _, err := range d.Damage() {
		doc.Damage = append(doc.Damage, err.Error())
	}
	return doc
}

func causeInfo(d *dump.Dump) infoCause {
	c := d.Cause()
	out := infoCause{
		Kind: c.Kind.String(), Text: c.Text, TextError: c.TextError, Type: c.TypeName,
		Signal: c.Signal, Name: c.Name, Chain: panicChain(d),
	}
	if v := c.Value(); v.Valid() {
		out.Value = restore.FormatValue(v, restore.LongConfig())
	}
	if c.Signal != "" {
		out.FaultAddr = fmt.Sprintf("%#x", c.FaultAddr)
	}
	return out
}

func placeInfo(f dump.Frame) infoPlace {
	return infoPlace{Frame: f.Index(), Function: f.Function().Name(), File: f.File(), Line: f.Line()}
}

func programInfo(m *dump.Meta) infoProgram {
	return infoProgram{
		Name: m.Program, Path: m.Exe, MainModule: m.MainPath, Version: m.MainVersion,
		GoVersion: m.GoVersion, GOOS: m.GOOS, GOARCH: m.GOARCH,
		BuildID: m.BuildID, GNUBuildID: m.GNUBuildID, Settings: pairs(m.Settings),
	}
}

func processInfo(m *dump.Meta) infoProcess {
	out := infoProcess{
		Host: m.Host, PID: m.PID, PPID: m.PPID, Uptime: m.Uptime.Seconds(),
		Args: m.Args, Env: pairs(m.Env), Labels: pairs(m.Labels),
	}
	if !m.Time.IsZero() {
		out.Time = m.Time.UTC().Format(time.RFC3339Nano)
	}
	return out
}

func pairs(list []dump.KV) map[string]string {
	if len(list) == 0 {
		return nil
	}
	out := make(map[string]string, len(list))
	for _, kv := range list {
		out[kv.Key] = kv.Value
	}
	return out
}

// maxInfoFrames bounds the stack of one bucket.
const maxInfoFrames = 100

func goroutinesInfo(d *dump.Dump, limit int) infoGoroutines {
	all := bucketsOf(d)
	out := infoGoroutines{
		InDump: d.NumGoroutines(), InProcess: d.Meta().NumGoroutine, Groups: len(all), Buckets: []infoBucket{},
	}
	for i, b := range all {
		if limit > 0 && i >= limit {
			break
		}
		info := infoBucket{Count: b.count, Status: b.status, Longest: b.longest.Seconds(), Stack: []infoPlace{}}
		for _, id := range b.ids {
			info.IDs = append(info.IDs, uint64(id))
		}
		if f, ok := restore.ProgramFrame(d, b.first); ok {
			p := placeInfo(f)
			info.Where = &p
		}
		if l, ok := startedAt(b.first); ok {
			info.Created = &infoPlace{Function: l.Function.Name(), File: l.File, Line: l.Line}
		}
		for f := range b.first.Frames() {
			if len(info.Stack) == maxInfoFrames {
				break
			}
			info.Stack = append(info.Stack, placeInfo(f))
		}
		out.Buckets = append(out.Buckets, info)
	}
	return out
}

func captureInfo(d *dump.Dump) infoCapture {
	m := d.Meta()
	out := infoCapture{
		Producer: m.Producer, Method: m.Method, Depth: m.Depth, Optimized: m.Optimized,
		Options: pairs(m.Options), Missing: m.Missing, Losses: lossLines(d),
	}
	if has := m.HasDWARF; has || withoutDWARF(d) {
		out.HasDWARF = &has
	}
	for _, s := range d.Stats() {
		if out.Figures == nil {
			out.Figures = map[string]int64{}
		}
		out.Figures[s.Name] = s.Value
	}
	return out
}
