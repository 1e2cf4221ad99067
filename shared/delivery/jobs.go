package delivery

import (
	"time"

	"github.com/zenvault/zenvault/shared/edge"
)

// JobFan makes an event's deliveries.
var JobFan = edge.Job[Service]{Spec: edge.Spec{
	Name: "delivery-fan", Summary: "Fan an event out to the endpoints that want it.", Queue: edge.EventQueue,
	Needs:   edge.Needs{Reads: []string{"endpoints#"}, Writes: []string{eventKeys, Keys}, Delivers: true, Posts: true},
	Timeout: 30 * time.Second,
}, Do: Service.Fan}

// JobSend makes first attempts; JobRetry the later ones. Two queues and two functions, so that endpoints that are slow
// or down hold up none that are well.
var (
	JobSend  = sending("delivery-send", "Make the first attempt of a delivery.", edge.DeliveryQueue)
	JobRetry = sending("delivery-retry", "Make a later attempt of a delivery.", edge.RetryQueue)
)

func sending(name, summary string, queue edge.Queue) edge.Job[Service] {
	return edge.Job[Service]{Spec: edge.Spec{
		Name: name, Summary: summary, Queue: queue,
		Needs: edge.Needs{Reads: []string{eventKeys}, Writes: []string{Keys, "endpoints#"},
			MasterKey: true, Announces: true, Delivers: true},
		Timeout: 30 * time.Second,
	}, Do: Service.Send}
}

// TaskSweep finds what got lost.
var TaskSweep = edge.Task[Service, struct{}, Swept]{Spec: edge.Spec{
	Name: "delivery-sweep", Summary: "Send what is due and was not taken up.", Every: time.Minute,
	Needs: edge.Needs{Reads: []string{Keys, "due#"}, Announces: true, Delivers: true}, Timeout: 50 * time.Second,
}, Do: Service.Sweep}
