// kafkajs at its defaults, while brokers are killed: an idempotent producer, a transactional one, and a group that
// reads what both have committed. Each send is to one partition: of several, kafkajs 2.2.4 takes a record for sent whose
// leader has moved to a broker that has answered for the others, and never sends it. Runs until its standard input ends, then waits until the group has read all that was
// acknowledged; prints one line of JSON.
const { Kafka, logLevel } = require('kafkajs')

const [bootstrap, plain, transactional] = process.argv.slice(2)
const kafka = new Kafka({ clientId: 'kafkajs', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
const acknowledged = []
const committed = []
const failures = []
const read = new Map()
let ending = false
process.stdin.on('end', () => { ending = true })
process.stdin.resume()

const pause = ms => new Promise(done => setTimeout(done, ms))

async function write () {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (let i = 0; !ending; i++) {
    const value = 'p' + i
    try {
      await producer.send({ topic: plain, messages: [{ key: 'k' + i % 7, value }] })
      acknowledged.push(value)
    } catch (e) {
      failures.push('produce: ' + e.message)
    }
    await pause(5)
  }
  await producer.disconnect()
}

async function writeInTransactions () {
  for (let lives = 0, i = 0; !ending; lives++) {
    const producer = kafka.producer({ transactionalId: 'kafkajs', maxInFlightRequests: 1, idempotent: true })
    try {
      await producer.connect()
      while (!ending) {
        const values = [0, 1, 2].map(k => 't' + i + '.' + k)
        i++
        const transaction = await producer.transaction()
        try {
          for (const [k, value] of values.entries()) {
            await transaction.send({ topic: transactional, messages: [{ key: null, value, partition: k }] })
          }
        } catch (e) {
          await transaction.abort()
          failures.push('transaction aborted: ' + e.message)
          continue
        }
        await transaction.commit()
        committed.push(...values)
        await pause(5)
      }
    } catch (e) {
      failures.push('transaction: ' + e.message)
    }
    await producer.disconnect().catch(() => {})
  }
}

async function main () {
  const consumer = kafka.consumer({ groupId: 'kafkajs', readUncommitted: false })
  consumer.on(consumer.events.CRASH, e => failures.push('consumer: ' + e.payload.error.message))
  await consumer.connect()
  await consumer.subscribe({ topics: [plain, transactional], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      const value = message.value.toString()
      read.set(value, (read.get(value) || 0) + 1)
    }
  })
  console.log('started')
  await Promise.all([write(), writeInTransactions()])
  const wanted = acknowledged.concat(committed)
  for (let i = 0; i < 600 && !wanted.every(each => read.has(each)); i++) {
    await pause(100)
  }
  const missing = wanted.filter(each => !read.has(each))
  const again = [...read.values()].filter(times => times > 1).length
  console.log(JSON.stringify({ acknowledged, committed, failures, missing, again }))
  await consumer.disconnect()
}

main().then(() => process.exit(0), e => { console.log(JSON.stringify({ fatal: e.stack })); process.exit(1) })
