/** Words of the operations centre. */
export const iocVi = {
  ioc_title: "Trung tâm điều hành", ioc_panel: "Bảng số liệu", ioc_desk: "Mở ở bàn xử lý", ioc_clear: "Bỏ lọc", ioc_signin: "Đăng nhập để xem ảnh và chi tiết", ioc_by_category: "Theo lĩnh vực", ioc_countdown: "Thời gian còn lại",
  ioc_open: "Đang mở", ioc_overdue: "Quá hạn", ioc_fresh: "Mới 24 giờ", ioc_resolved: "Xong hôm nay", ioc_resolved_no: "Chỉ đếm được theo lĩnh vực",
  ioc_live: "trực tiếp", ioc_connecting: "đang kết nối…", ioc_lost: "Mất kết nối từ {time}",
  ioc_in_view: "Trong khung nhìn", ioc_sort_due: "Gấp nhất", ioc_sort_newest: "Mới nhất", ioc_none: "Không có việc nào khớp trong khung nhìn.", ioc_first_due: "{n} việc gấp nhất – phóng to để xem việc khác", ioc_first_newest: "{n} việc mới nhất – phóng to để xem việc khác",
  ioc_age: "Tuổi", ioc_age_0: "dưới 24 giờ", ioc_age_1: "dưới 3 ngày", ioc_age_2: "trên 3 ngày", ioc_age_3: "trên 7 ngày", ioc_age_4: "trên 30 ngày",
  ioc_layers: "Lớp bản đồ", ioc_heat: "Mật độ", ioc_areas: "Theo phường", ioc_hotspots: "Điểm nóng", ioc_hotspots_none: "Hiện không có nơi nào nhiều hơn hẳn thường lệ.", ioc_window: "Khoảng thời gian", ioc_days: "{n} ngày", ioc_day: "1 ngày", ioc_slider: "Ngày cuối của khoảng thời gian", ioc_opened_in: "{n} việc mới", ioc_few: "ít", ioc_many: "nhiều",
  ioc_rate: "Việc mới trên 1.000 dân", ioc_counted: "Số việc mới (chưa có dân số)", ioc_heat_legend: "Việc mới mỗi ô",
  ioc_drill_cell: "Ô bản đồ: {n} việc mới", ioc_drill_area: "{name}: {n} việc mới", ioc_drill_hotspot: "Điểm nóng: {n} việc, thường lệ {usual}", ioc_drill_days: "{days}: {n} việc mới", ioc_drill_resolved: "Xử lý xong hôm nay", ioc_drill_back: "Về danh sách trực tiếp", ioc_drill_signin: "Cán bộ đăng nhập để xem từng việc.", ioc_drill_none: "Không có việc nào bạn được xem.",
  ioc_alert: "{what} tăng đột biến ở {area}", ioc_alert_any: "Phản ánh", ioc_alert_text: "{n} phản ánh trong {m} phút, lần cuối {time}", ioc_alert_cases: "Xem việc", ioc_alert_ack: "Đã nắm", ioc_alert_more: "và {n} cảnh báo nữa",
};
export const iocEn: Record<keyof typeof iocVi, string> = {
  ioc_title: "Operations centre", ioc_panel: "Figures", ioc_desk: "Open at the desk", ioc_clear: "Clear", ioc_signin: "Sign in to see photos and details", ioc_by_category: "By category", ioc_countdown: "Time left",
  ioc_open: "Open", ioc_overdue: "Overdue", ioc_fresh: "Last 24 h", ioc_resolved: "Done today", ioc_resolved_no: "Counted by category only",
  ioc_live: "live", ioc_connecting: "connecting…", ioc_lost: "Disconnected since {time}",
  ioc_in_view: "In view", ioc_sort_due: "Most urgent", ioc_sort_newest: "Newest", ioc_none: "No matching case in view.", ioc_first_due: "The {n} most urgent – zoom in to see others", ioc_first_newest: "The {n} newest – zoom in to see others",
  ioc_age: "Age", ioc_age_0: "under 24 h", ioc_age_1: "under 3 days", ioc_age_2: "over 3 days", ioc_age_3: "over 7 days", ioc_age_4: "over 30 days",
  ioc_layers: "Map layers", ioc_heat: "Density", ioc_areas: "By ward", ioc_hotspots: "Hotspots", ioc_hotspots_none: "Nowhere is there clearly more than usual.", ioc_window: "Period", ioc_days: "{n} days", ioc_day: "1 day", ioc_slider: "Last day of the period", ioc_opened_in: "{n} new cases", ioc_few: "few", ioc_many: "many",
  ioc_rate: "New cases per 1,000 residents", ioc_counted: "New cases (population unknown)", ioc_heat_legend: "New cases per cell",
  ioc_drill_cell: "Map cell: {n} new cases", ioc_drill_area: "{name}: {n} new cases", ioc_drill_hotspot: "Hotspot: {n} cases, usually {usual}", ioc_drill_days: "{days}: {n} new cases", ioc_drill_resolved: "Resolved today", ioc_drill_back: "Back to the live list", ioc_drill_signin: "Staff sign in to see the cases.", ioc_drill_none: "No case that you may see.",
  ioc_alert: "Surge of {what} in {area}", ioc_alert_any: "reports", ioc_alert_text: "{n} reports within {m} minutes, the last at {time}", ioc_alert_cases: "See cases", ioc_alert_ack: "Acknowledge", ioc_alert_more: "and {n} more alerts",
};
