// A member of a consumer group of kafkajs, which commits each batch that it has read. Each line on standard output says
// what happened, and when by the clock that all processes of a machine share. It leaves when its standard input ends.
const { Kafka, logLevel } = require('kafkajs')

const [bootstrap, topic, groupId] = process.argv.slice(2)
const kafka = new Kafka({ clientId: 'member', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId, sessionTimeout: 10000, heartbeatInterval: 500 })
let owned = []
let ending = false

const say = (...words) => console.log([process.hrtime.bigint(), ...words].join(' '))

function give (how) {
  owned.forEach(partition => say(how, partition))
  owned = []
}

consumer.on(consumer.events.REBALANCING, () => give('revoked'))
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  give('lost') // what it has joined again for without having been told to
  owned = payload.memberAssignment[topic] || []
  owned.forEach(partition => say('assigned', partition))
})
consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => payload.topics.forEach(one =>
  one.partitions.forEach(({ partition, offset }) => say('committed', partition, offset))))
consumer.on(consumer.events.CRASH, ({ payload }) => {
  say('failed', payload.error.message)
  give('lost')
})

function sayRead (partition, messages) {
  let first = Number(messages[0].offset)
  let last = first
  for (const { offset } of messages.slice(1)) {
    if (Number(offset) !== last + 1) {
      say('read', partition, first, last)
      first = Number(offset)
    }
    last = Number(offset)
  }
  say('read', partition, first, last)
}

async function main () {
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
      if (ending || !isRunning() || isStale() || !owned.includes(batch.partition) || batch.isEmpty()) {
        return
      }
      sayRead(batch.partition, batch.messages)
      resolveOffset(batch.lastOffset())
      await heartbeat()
    }
  })
}

process.stdin.on('end', async () => {
  ending = true
  give('revoked')
  await consumer.disconnect()
  say('left')
  process.exit(0)
})
process.stdin.resume()
main().catch(e => say('failed', e.message))
