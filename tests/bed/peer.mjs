// peer.mjs - nodemailer's smtp-server on several addresses, which answers what
// an address asks for: rcpt-CODE-… or end-CODE-… of a recipient, +mail-CODE-…
// of a sender, with the enhanced code (rcpt-550-5.1.1@node.s.test).  What it
// takes stands in BED_BOX.  servers.py says what each address is.
import { createRequire } from 'module';
import { readFileSync, writeFileSync, renameSync } from 'fs';

const { BED_MODULES, BED_TLS, BED_BOX } = process.env;
const require = createRequire(BED_MODULES + '/');
const { SMTPServer } = require('smtp-server');
let count = 0;

function wish(step, address)
{
	const m = /(?:^|\+)(\w+)-(\d{3})-([\d.]+)/.exec(address);

	if (!m || m[1] !== step)
		return null;
	return Object.assign(new Error(m[3] + ' peer says so to ' + step),
	    { responseCode: Number(m[2]) });
}

function keep(stream, session, done)
{
	const parts = [], to = session.envelope.rcptTo.map(r => r.address);

	stream.on('data', d => parts.push(d));
	stream.on('end', () => {
		const name = `${BED_BOX}/${++count}`;
		const no = to.map(a => wish('end', a)).find(e => e);

		if (no)
			return done(no);
		if (stream.sizeExceeded)
			return done(Object.assign(new Error('5.3.4 too large'),
			    { responseCode: 552 }));
		writeFileSync(name + '.tmp', Buffer.concat(parts));
		renameSync(name + '.tmp', name + '.eml');
		done(null, '2.0.0 taken as ' + count);
	});
}

function serve(address, options, greeting)
{
	const pem = options.pem || 'mx';
	const server = new SMTPServer({
		authOptional: true, disableReverseLookup: true,
		size: 3 << 20, name: 'peer.s.test',
		disabledCommands: options.plain ? ['AUTH', 'STARTTLS'] :
		    ['AUTH'],
		key: readFileSync(`${BED_TLS}/${pem}.key`),
		cert: readFileSync(`${BED_TLS}/${pem}.pem`),
		onConnect: (s, done) => done(greeting ? Object.assign(
		    new Error('peer takes no mail today'),
		    { responseCode: greeting }) : null),
		onMailFrom: (a, s, done) => done(wish('mail', a.address)),
		onRcptTo: (a, s, done) => done(wish('rcpt', a.address)),
		onData: keep
	});
	server.on('error', e => console.log(address, e.message));
	server.listen(25, address);
}

for (const n of [30, 31, 32, 33, 34, 35]) {
	const options = { 31: { pem: 'old' }, 32: { plain: true },
	    33: { pem: 'other' } }[n] || {};
	const greeting = { 34: 554, 35: 421 }[n];

	serve(`10.77.0.${n}`, options, greeting);
	serve(`fd77::${n}`, options, greeting);
}
