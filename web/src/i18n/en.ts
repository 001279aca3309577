import { accountEn } from "./account";
import { dataEn } from "./data";
import { deskEn } from "./desk";
import { iocEn } from "./ioc";
import { offlineEn } from "./offline";
import type { vi } from "./vi";

export const en: Record<keyof typeof vi, string> = {
  ...accountEn,
  ...dataEn,
  ...deskEn,
  ...iocEn,
  ...offlineEn,
  brand: "Hiện Trường",
  skip: "Skip to main content",
  language: "Language", theme: "Appearance", theme_light: "Light", theme_dark: "Dark", theme_auto: "System",
  close: "Close", cancel: "Cancel", save: "Save", send: "Send", back: "Back", retry: "Try again", more: "More", open: "Open", remove: "Remove", all: "All",
  yes: "Yes", no: "No", confirm: "Confirm", copy: "Copy", copied: "Copied", share: "Share", optional: "optional", required: "required",
  loading: "Loading…", nothing: "Nothing here yet.", choose: "Choose…",
  error_network: "No connection. Check your network and try again.", error_unknown: "Something unexpected went wrong. Please try again.", error_map: "This device cannot draw the map (no WebGL).",

  status_received: "Received", status_assigned: "Assigned", status_in_progress: "In progress", status_waiting: "Waiting for details",
  status_resolved: "Resolved", status_closed: "Closed", status_rejected: "Declined",
  priority_1: "Urgent", priority_2: "High", priority_3: "Normal", priority_4: "Low",
  overdue: "Overdue", due: "Due", left: "{time} left", late: "{time} overdue", no_due: "No deadline", due_now: "due now",
  time_ago: "{time} ago", just_now: "just now", days: "{n} d", hours: "{n} h", minutes: "{n} min", seconds: "{n} s",

  nav_public: "Public page", nav_app: "Report", nav_mine: "Mine", nav_desk: "Desk", nav_admin: "Administration", nav_ioc: "Operations centre",
  staff_only: "For staff",

  home_title: "Something wrong on your street? Snap it, send it, follow it until it is fixed.",
  home_lead: "Your report goes straight to the unit in charge, with a clear deadline, and closes only with a result.",
  home_send: "Send a report", home_find: "Find my report", home_code: "Report code", home_code_hint: "For example H7K-9M2R. It is in the confirmation you got.",
  home_search: "Find", home_not_found: "No report has the code {code}. Please check each character.", home_bad_code: "A code has 7 or 8 letters and digits, such as H7K-9M2R.",
  home_map: "Being worked on now", home_map_lead: "{n} open cases in the city",
  home_how1: "Snap", home_how1_text: "One photo says it: what and where.", home_how2: "Send", home_how2_text: "The ward and the unit in charge are found for you.", home_how3: "Follow", home_how3_text: "A deadline, a photo of the result, and you judge it.",
  home_footer: "Runs on the city's own servers. No tracking, no ads.",

  legend_overdue: "Red ring: overdue", legend_cluster: "Number: several cases close together",
  map_label: "Map", map_zoom_in: "Zoom in", map_zoom_out: "Zoom out", map_home: "Whole city", map_locate: "My position",
  map_approx: "Ward boundaries are approximate", map_land: "Base: Natural Earth", sea: "East Sea",
  hoang_sa: "Hoàng Sa Islands\n(Việt Nam)", truong_sa: "Trường Sa Islands\n(Việt Nam)",

  app_title: "Send a report", app_lead: "Four short steps. No account needed.",
  step_photo: "Photo", step_place: "Where?", step_what: "What?", step_send: "Contact",
  photo_add: "Take or choose photos, videos", photo_more: "Add photo", photo_hint: "A clear photo speeds things up. Up to {n} photos or short videos. Avoid faces and number plates if you can.",
  photo_required: "This kind of report needs at least one photo.", photo_located: "Position taken from the photo.", photo_uploading: "Uploading {share}%", photo_failed: "Not uploaded", photo_pending: "Preparing photo…", photo_broken: "This photo cannot be read", photo_none: "No photos", photo_alt: "Photo {n}", photo_remove: "Remove photo {n}", photo_big: "Enlarge photo {n}", video_play: "Play video {n}", photo_before: "On site", photo_after: "After the work", photo_prev: "Previous photo", photo_next: "Next photo",
  place_hint: "Tap the map to set the pin, drag it to the right spot.", place_me: "Use my position", place_locating: "Finding your position…", place_denied: "The browser does not tell your position. Please tap the map.", place_centre: "Set the pin at the centre",
  place_in: "In {area}", place_near: "Nearest: {area} ({distance} away)", place_outside: "This place is outside the city.", place_needed: "Set a place",
  place_address: "How to find the spot", place_address_hint: "E.g. in front of no. 12, beside the power pole",
  what_category: "Kind of problem", what_change: "Change", what_description: "Short description", what_description_hint: "E.g. deep pothole in the middle of the lane, motorbikes swerve into traffic.",
  need_photo: "a photo", need_photo_out: "remove the photo that was not taken", need_place: "a pin on the map", need_category: "the kind of problem", need_description: "a few words", need_upload: "photos still uploading", need_answers: "the required questions",
  missing: "Still missing: {list}.", ready: "All set, ready to send.",
  nearby_title: "Similar cases close by", nearby_lead: "If it is one of these you can follow it instead. You may still send yours: it will be linked.", nearby_see: "View", metres: "{n} m", kilometres: "{n} km",
  photo_children: "The photos show children", photo_children_hint: "Then they are not published. Others are only after staff have looked and covered faces and plates.",
  contact_anonymous: "Hide my name", contact_anonymous_hint: "The unit in charge will not see who sent it.", contact_name: "Name", contact_phone: "Phone", contact_email: "Email", contact_hint: "Only to tell you the result or ask back. Never published.", contact_bad_phone: "This phone number looks wrong.", contact_bad_email: "This email looks wrong.",
  app_send: "Send report", app_sending: "Sending…", app_saved: "Your draft is kept on this device.", app_clear: "Discard draft", app_clear_sure: "Discard this draft?",
  app_unsure: "The connection broke while sending. Send again, or leave it: it goes out by itself when there is a network. It cannot be filed twice.", app_first_kept: "Your first version was received; later edits were not sent.",
  done_title: "Report received", done_lead: "Thank you. Keep this code to look it up at any time.", done_to: "Sent to", done_due: "Due", done_area: "Area", done_track: "Follow", done_again: "Send another", done_link: "Tracking link",
  mine_title: "My reports", mine_empty: "Nothing sent from this device yet.", mine_login: "Sign in with your phone", mine_login_hint: "To see your reports on every device.", mine_logout: "Sign out", mine_signed: "Signed in: {phone}", mine_inbox: "Notifications", mine_forget: "Remove from this device", mine_gone: "This link no longer opens it.",
  otp_send: "Send code", otp_code: "Code", otp_sent: "Code sent to {phone}.", otp_verify: "Sign in",
  track_timeline: "What happened", track_answer: "Result", track_filed: "Sent", track_rated: "You rated {score}/5", track_unit: "Unit in charge", track_what_now: "You can", track_public: "This is what anybody may see. Text and photos are for the reporter and staff.", track_description: "Description", track_not_found: "This report cannot be opened", track_not_found_text: "The link may have expired or lost its end.", track_close: "Done",
  form_required: "Please fill this in.", form_too_long: "Longer than {n} characters.", form_bad_number: "A number from {min} to {max}, please.", form_chars: "{n}/{max}",
  rating_1: "Very dissatisfied", rating_2: "Dissatisfied", rating_3: "Acceptable", rating_4: "Satisfied", rating_5: "Very satisfied", rating_of: "{n} of 5",
  action_sure: "Do “{label}”?", action_done: "Done: {label}",

  login_title: "Staff sign-in", login_user: "User name", login_password: "Password", login_go: "Sign in", login_wrong: "User name or password is wrong.", login_again: "Your session has ended. Sign in again to go on.", logout: "Sign out", login_hint: "Use the account the city gave you.",
  list_title: "Work list", list_search: "Search text, address, code", list_status: "Status", list_department: "Department", list_category: "Category", list_area: "Ward", list_sort: "Sort", list_overdue: "Overdue only", list_mine: "Mine", list_open: "Open", list_every: "Every status", list_filters: "Filters", list_clear: "Clear", list_more: "Load more", list_empty: "No case matches these filters.", list_end: "End of list", list_new: "The list has just been updated", list_count: "{n} cases", list_count_more: "{n}+ cases",
  sort_due: "Due first", sort_new: "Newest", sort_updated: "Recently updated",
  case_pick: "Choose a case from the list", case_pick_hint: "J and K move, / searches, Esc goes back.", case_photos: "Photos", case_where: "Place", reporter_restricted: "Data restricted", reporters_show: "See who reported", reporters_reason: "Why you need to know who reported", reporters_noted: "Each look is noted in the audit log, with its reason.", reporters_none: "Nobody left their name.", case_reports: "Citizens' reports ({n})", case_timeline: "History", case_clocks: "Deadlines", case_paused: "paused", case_why: "Why this department?", case_note: "Internal note", case_note_add: "Add note", case_note_hint: "Only staff see it.", case_conflict: "A colleague updated this case before you. The new version is loaded; please look again and press once more.", case_left: "Done: {label}. The case is now with others, so it has left your list.", case_action_gone: "This step no longer applies to the case.", case_not_found: "No such case, or you may not see it.", case_no_actions: "No step is open to you right now.", case_directions: "Position", case_answer: "Answer to the citizen", case_rating: "Citizen's rating", case_history_system: "System", case_ward: "Area", case_opened: "Opened", case_updated: "Updated", case_source: "Channel", case_merged: "several reports",
  why_words: "Words found", why_priority: "Priority", why_hours: "Time allowed", why_hours_n: "{n} working hours", why_rules: "Rule set {n}", why_process: "process {n}", why_rule: "Rule", why_versions: "Versions", why_department: "Department", why_area: "Area",
  sos_title: "Call for help", sos_lead: "Storm, flood, danger to life. If you can, call", sos_what: "What is needed", sos_kind_trapped: "Trapped", sos_kind_medical: "Medical", sos_kind_boat: "Boat", sos_kind_food: "Food, water", sos_kind_other: "Other", sos_people: "People", sos_children: "Children", sos_elderly: "Elderly", sos_pregnant: "Pregnant", sos_injured: "Injured", sos_locating: "Looking for your position…", sos_again: "Again", sos_no_place: "No position yet. Turn location on and try again, or text SOS with your address.", sos_note: "Short note", sos_send: "Call for help", sos_sms: "Send a text message instead", sos_offline: "No network. Send again, or text.", sos_done: "Your call was received", sos_done_hint: "The rescue forces are told. Keep your phone; in danger call 112.", app_handed_in: "Back online: {n} waiting reports were sent", sos_list: "Rescue", sos_total: "{n} people", sos_urgent: "Urgent first", sos_oldest: "Oldest first", sos_print: "Print", sos_none: "No calls for help.", sos_where: "Place unknown: call back",
};
