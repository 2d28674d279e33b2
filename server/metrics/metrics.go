// Package metrics counts and times what happens, for Prometheus to read. What a change of the record
// means is a pure function of it; every label has few values, so that nothing anybody sends makes the
// page grow: no repository, job or instance is ever among them. docs/metrics.md lists the metrics.
package metrics

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Observation is one more of a counter, or one value of a histogram or a gauge.
type Observation struct {
	Name   string   // of a [Definition]
	Value  float64  // seconds, where it is a time
	Labels []string // values, in the order of the definition's labels
}

// Metrics are one process's. They are safe for concurrent use.
type Metrics struct {
	registry    *prometheus.Registry
	definitions map[string]Definition
	counters    map[string]*prometheus.CounterVec
	histograms  map[string]*prometheus.HistogramVec
	gauges      map[string]*prometheus.Desc
	standing    atomic.Pointer[Standing]
}

// New makes metrics of which nothing was observed yet. The outcomes are all that a webhook may have.
func New(outcomes []string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), definitions: map[string]Definition{}, counters: map[string]*prometheus.CounterVec{},
		histograms: map[string]*prometheus.HistogramVec{}, gauges: map[string]*prometheus.Desc{},
	}
	for _, d := range Definitions(outcomes) {
		m.define(d)
	}
	m.registry.MustRegister(standingCollector{m}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// zeroed is how many series a metric may begin with, each at zero, so that a first event is seen as
// an increase. One that has more begins with none.
const zeroed = 30

func (m *Metrics) define(d Definition) {
	m.definitions[d.Name] = d
	switch d.Kind {
	case Gauge:
		m.gauges[d.Name] = prometheus.NewDesc(d.Name, d.Help, d.labelNames(), nil)
	case Counter:
		counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.Name, Help: d.Help}, d.labelNames())
		m.counters[d.Name] = counter
		m.registry.MustRegister(counter)
		m.zero(d)
	case Histogram:
		histogram := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.Buckets}, d.labelNames())
		m.histograms[d.Name] = histogram
		m.registry.MustRegister(histogram)
		m.zero(d)
	}
}

// zero begins all series of a counter or a histogram.
func (m *Metrics) zero(d Definition) {
	all := d.series()
	if len(all) > zeroed {
		return
	}
	for _, values := range all {
		if d.Kind == Counter {
			m.counters[d.Name].WithLabelValues(values...)
		} else {
			m.histograms[d.Name].WithLabelValues(values...)
		}
	}
}

// Observe takes observations of counters and histograms. A label's value that its definition does not
// have counts as [Other].
func (m *Metrics) Observe(observations ...Observation) {
	for _, o := range observations {
		d := m.definitions[o.Name]
		values := d.bounded(o.Labels)
		switch d.Kind {
		case Counter:
			m.counters[o.Name].WithLabelValues(values...).Add(o.Value)
		case Histogram:
			m.histograms[o.Name].WithLabelValues(values...).Observe(o.Value)
		default:
			panic(fmt.Sprintf("metrics: %s is no counter and no histogram that is defined", o.Name))
		}
	}
}

// Stand tells how things stand: what the gauges show from now on.
func (m *Metrics) Stand(standing Standing) { m.standing.Store(&standing) }

// scrapes is how many are answered at a time; more are told to come again.
const scrapes = 4

// Handler answers with all metrics, in Prometheus's text format. It asks nobody who they are.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes})
}

// bounded are labels' values, each one that the definition has.
func (d Definition) bounded(values []string) []string {
	bounded := slices.Clone(values)
	for i, label := range d.Labels {
		if label.Values != nil && !slices.Contains(label.Values, bounded[i]) {
			bounded[i] = Other
		}
	}
	return bounded
}
