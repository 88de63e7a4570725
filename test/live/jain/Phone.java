// SPDX-License-Identifier: BSD-2-Clause
// A phone without sound on JAIN-SIP, for register_jain_test.py and proxy_jain_test.py: one JSON line on stdout for each thing that
// happens, one line on stdin for each thing it is to do, its words parted by tabs.
//
//     java Phone USER DOMAIN PASSWORD-FILE PORT PROXY-PORT TRANSPORT
//     stdin:  register  HEADER...            the headers of a REGISTER, "Contact: ..."
//             send      METHOD URI HEADER... a request out of any dialog
//             bye                            in the latest call
//             cancel                         the latest INVITE
//             ring                           do not answer INVITEs from now on, only ring
//
// What has come is told as JAIN-SIP writes it, so that it is known to have understood it.

import gov.nist.javax.sip.SipStackExt;
import gov.nist.javax.sip.clientauthutils.AccountManager;
import gov.nist.javax.sip.clientauthutils.AuthenticationHelper;
import gov.nist.javax.sip.clientauthutils.UserCredentials;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import javax.sip.ClientTransaction;
import javax.sip.Dialog;
import javax.sip.DialogTerminatedEvent;
import javax.sip.IOExceptionEvent;
import javax.sip.ListeningPoint;
import javax.sip.RequestEvent;
import javax.sip.ResponseEvent;
import javax.sip.ServerTransaction;
import javax.sip.SipFactory;
import javax.sip.SipListener;
import javax.sip.SipProvider;
import javax.sip.SipStack;
import javax.sip.TimeoutEvent;
import javax.sip.TransactionTerminatedEvent;
import javax.sip.address.Address;
import javax.sip.address.AddressFactory;
import javax.sip.header.CSeqHeader;
import javax.sip.header.CallIdHeader;
import javax.sip.header.HeaderFactory;
import javax.sip.header.ToHeader;
import javax.sip.message.Message;
import javax.sip.message.MessageFactory;
import javax.sip.message.Request;
import javax.sip.message.Response;

public class Phone implements SipListener, AccountManager {
    private static final String SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        + "m=audio 9 RTP/AVP 0\r\n";

    private final String user, domain, password, transport;
    private final int port;
    private final AddressFactory addresses;
    private final HeaderFactory headers;
    private final MessageFactory messages;
    private final SipProvider provider;
    private final AuthenticationHelper helper;
    private final CallIdHeader registration; // all REGISTERs have one Call-ID (RFC 3261 10.2)
    private long cseq = 0;
    private Dialog call;
    private ClientTransaction calling;      // the latest INVITE
    private ServerTransaction ringing;      // an INVITE that waits for a CANCEL
    private boolean rings = false;

    Phone(String[] args) throws Exception {
        user = args[0];
        domain = args[1];
        password = Files.readString(Path.of(args[2])).trim();
        port = Integer.parseInt(args[3]);
        transport = args[5];
        SipFactory factory = SipFactory.getInstance();
        Properties properties = new Properties();
        properties.setProperty("javax.sip.STACK_NAME", user);
        properties.setProperty("javax.sip.OUTBOUND_PROXY", "127.0.0.1:" + args[4] + "/" + transport);
        SipStack stack = factory.createSipStack(properties);
        addresses = factory.createAddressFactory();
        headers = factory.createHeaderFactory();
        messages = factory.createMessageFactory();
        ListeningPoint here = stack.createListeningPoint("127.0.0.1", port, transport);
        provider = stack.createSipProvider(here);
        provider.addSipListener(this);
        helper = ((SipStackExt) stack).getAuthenticationHelper(this, headers);
        registration = provider.getNewCallId();
    }

    // ---- what it says ----

    private static synchronized void tell(String event, String name, int status, String text) {
        String quoted = text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\r", "\\r").replace("\n", "\\n");
        System.out.println("{\"event\": \"" + event + "\", \"method\": \"" + name + "\", \"status\": " + status
            + ", \"text\": \"" + quoted + "\"}");
    }

    private static String methodOf(Message message) {
        return ((CSeqHeader) message.getHeader(CSeqHeader.NAME)).getMethod();
    }

    // ---- what it is told to do ----

    private void obey(String line) throws Exception {
        String[] words = line.split("\t");
        switch (words[0]) {
        case "register":
            send("REGISTER", "sip:" + domain, registration, List.of(words).subList(1, words.length));
            break;
        case "send":
            send(words[1], words[2], provider.getNewCallId(), List.of(words).subList(3, words.length));
            break;
        case "bye":
            call.sendRequest(provider.getNewClientTransaction(call.createRequest("BYE")));
            break;
        case "cancel":
            provider.getNewClientTransaction(calling.createCancel()).sendRequest();
            break;
        case "ring":
            rings = true;
            break;
        }
    }

    private void send(String method, String uri, CallIdHeader id, List<String> lines) throws Exception {
        boolean registers = method.equals("REGISTER");
        Address self = addresses.createAddress("<sip:" + user + "@" + domain + ">");
        Address to = registers ? self : addresses.createAddress("<" + uri + ">");
        Request request = messages.createRequest(addresses.createURI(uri), method, id,
            headers.createCSeqHeader(++cseq, method), headers.createFromHeader(self, user + cseq),
            headers.createToHeader(to, null), List.of(headers.createViaHeader("127.0.0.1", port, transport, null)),
            headers.createMaxForwardsHeader(70));
        for (String line : lines)
            request.addHeader(headers.createHeader(line.split(": ", 2)[0], line.split(": ", 2)[1]));
        if (method.equals("MESSAGE"))
            request.setContent("from JAIN", headers.createContentTypeHeader("text", "plain"));
        if (method.equals("INVITE"))
            request.setContent(SDP, headers.createContentTypeHeader("application", "sdp"));
        begin(provider.getNewClientTransaction(request));
    }

    private void begin(ClientTransaction transaction) throws Exception {
        if (transaction.getRequest().getMethod().equals("INVITE"))
            calling = transaction;
        transaction.sendRequest();
    }

    @Override public UserCredentials getCredentials(ClientTransaction challenged, String realm) {
        return new UserCredentials() {
            @Override public String getUserName() { return user; }
            @Override public String getPassword() { return password; }
            @Override public String getSipDomain() { return realm; }
        };
    }

    // ---- what comes ----

    @Override public void processResponse(ResponseEvent event) {
        Response response = event.getResponse();
        int status = response.getStatusCode();

        try {
            boolean proved = event.getClientTransaction().getRequest().getHeader("Authorization") != null
                || event.getClientTransaction().getRequest().getHeader("Proxy-Authorization") != null;
            if ((status == 401 || status == 407) && !proved) {
                ClientTransaction again = helper.handleChallenge(response, event.getClientTransaction(), provider, 5);
                cseq = ((CSeqHeader) again.getRequest().getHeader(CSeqHeader.NAME)).getSeqNumber();
                begin(again);
                return;
            }
            if (methodOf(response).equals("INVITE") && status / 100 == 2) {
                call = event.getDialog();
                call.sendAck(call.createAck(((CSeqHeader) response.getHeader(CSeqHeader.NAME)).getSeqNumber()));
            }
        } catch (Exception fault) {
            tell("fault", methodOf(response), status, fault.toString());
        }
        tell("response", methodOf(response), status, response.toString());
    }

    @Override public void processRequest(RequestEvent event) {
        Request request = event.getRequest();

        try {
            if (!request.getMethod().equals("ACK"))
                answer(event, request);
        } catch (Exception fault) {
            tell("fault", request.getMethod(), 0, fault.toString());
        }
        tell("request", request.getMethod(), 0, request.toString());
    }

    private void answer(RequestEvent event, Request request) throws Exception {
        ServerTransaction transaction = event.getServerTransaction();
        boolean invited = request.getMethod().equals("INVITE");
        Response response = messages.createResponse(invited && rings ? 180 : 200, request);

        if (transaction == null)
            transaction = provider.getNewServerTransaction(request);
        if (invited && rings)
            ringing = transaction;
        if (invited) {
            ((ToHeader) response.getHeader(ToHeader.NAME)).setTag("jain");
            response.addHeader(headers.createContactHeader(
                addresses.createAddress("<sip:" + user + "@127.0.0.1:" + port + ";transport=" + transport + ">")));
            if (!rings)
                response.setContent(SDP, headers.createContentTypeHeader("application", "sdp"));
            call = transaction.getDialog();
        }
        transaction.sendResponse(response);
        if (request.getMethod().equals("CANCEL"))
            stopRinging();
    }

    private void stopRinging() throws Exception {
        Response response = messages.createResponse(487, ringing.getRequest());

        ((ToHeader) response.getHeader(ToHeader.NAME)).setTag("jain");
        ringing.sendResponse(response);
    }

    @Override public void processTimeout(TimeoutEvent event) { tell("timeout", "", 0, ""); }
    @Override public void processIOException(IOExceptionEvent event) { tell("io-fault", "", 0, event.getHost()); }
    @Override public void processTransactionTerminated(TransactionTerminatedEvent event) { }
    @Override public void processDialogTerminated(DialogTerminatedEvent event) { }

    public static void main(String[] args) throws Exception {
        Phone phone = new Phone(args);
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));

        tell("ready", "", 0, "");
        for (String line = orders.readLine(); line != null; line = orders.readLine())
            phone.obey(line);
        System.exit(0);
    }
}
