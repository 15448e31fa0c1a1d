package process

import (
	"math"
	"runtime/debug"
	"runtime/metrics"

	"github.com/gopostmortem/postmortem/internal/model"
)

// The figures are those of runtime.MemStats, under its names, but taken from
// runtime/metrics: ReadMemStats would stop the world.

// memoryFigures says of which metrics a figure is the sum.
var memoryFigures = []struct {
	name    string
	metrics []string
}{
	{"HeapAlloc", []string{"/memory/classes/heap/objects:bytes"}},
	{"HeapInuse", []string{"/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes"}},
	{"HeapIdle", []string{"/memory/classes/heap/free:bytes", "/memory/classes/heap/released:bytes"}},
	{"HeapReleased", []string{"/memory/classes/heap/released:bytes"}},
	{"HeapSys", []string{"/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes",
		"/memory/classes/heap/free:bytes", "/memory/classes/heap/released:bytes"}},
	{"HeapObjects", []string{"/gc/heap/objects:objects"}},
	{"HeapLive", []string{"/gc/heap/live:bytes"}},
	{"StackInuse", []string{"/memory/classes/heap/stacks:bytes"}},
	{"StackSys", []string{"/memory/classes/heap/stacks:bytes", "/memory/classes/os-stacks:bytes"}},
	{"Sys", []string{"/memory/classes/total:bytes"}},
	{"TotalAlloc", []string{"/gc/heap/allocs:bytes"}},
	{"Mallocs", []string{"/gc/heap/allocs:objects", "/gc/heap/tiny/allocs:objects"}},
	{"Frees", []string{"/gc/heap/frees:objects", "/gc/heap/tiny/allocs:objects"}},
	{"NextGC", []string{"/gc/heap/goal:bytes"}},
	{numGC, []string{cyclesMetric}},
	{"NumForcedGC", []string{"/gc/cycles/forced:gc-cycles"}},
	{"NumCgoCall", []string{"/cgo/go-to-c-calls:calls"}},
}

// The number of cycles of the garbage collector that are over, as a figure and
// as a metric.
const (
	numGC        = "NumGC"
	cyclesMetric = "/gc/cycles/total:gc-cycles"
)

// Cycles is how many cycles of the garbage collector are over. What it frees is
// not used again before it counts.
func Cycles() int64 {
	sample := []metrics.Sample{{Name: cyclesMetric}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// SetCycles corrects the figure in a description that is older than the
// snapshot it describes.
func SetCycles(m *model.Meta, n int64) {
	for i := range m.MemStats {
		if m.MemStats[i].Name == numGC {
			m.MemStats[i].Value = n
		}
	}
}

// The settings of the garbage collector, as metrics.
const (
	gogcMetric  = "/gc/gogc:percent"
	limitMetric = "/gc/gomemlimit:bytes"
)

// memory fills in the garbage collector's settings and the memory statistics.
func (d describer) memory() {
	values := readMetrics()
	d.GOGC = int64(values[gogcMetric]) // off is -1 there as well
	d.MemoryLimit = math.MaxInt64
	if v, ok := values[limitMetric]; ok && v < math.MaxInt64 {
		d.MemoryLimit = int64(v)
	}
	for _, f := range memoryFigures {
		var sum uint64
		known := true
		for _, m := range f.metrics {
			v, ok := values[m]
			sum, known = sum+v, known && ok
		}
		if known {
			d.stat(f.name, int64(sum))
		}
	}
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	if gc.NumGC > 0 {
		d.stat("LastGC", gc.LastGC.UnixNano())
		d.stat("PauseTotalNs", int64(gc.PauseTotal))
		if len(gc.Pause) > 0 {
			d.stat("PauseNs", int64(gc.Pause[0]))
		}
	}
}

func (d describer) stat(name string, value int64) {
	d.MemStats = append(d.MemStats, model.Stat{Name: name, Value: value})
}

// readMetrics reads all metrics that are needed, by name.
func readMetrics() map[string]uint64 {
	samples := []metrics.Sample{{Name: gogcMetric}, {Name: limitMetric}}
	for _, f := range memoryFigures {
		for _, m := range f.metrics {
			samples = append(samples, metrics.Sample{Name: m})
		}
	}
	metrics.Read(samples)
	values := make(map[string]uint64, len(samples))
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			values[s.Name] = s.Value.Uint64()
		}
	}
	return values
}
